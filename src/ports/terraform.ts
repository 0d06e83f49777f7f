/**
 * What a Terraform state says of disks, cut down to what is needed to tell what a plan would do: ids, devices, addresses.
 * Nothing else of the state is kept, so no secret of it can get anywhere.
 */
export type ManagedVolume = {
  kind: 'volume';
  /** `module.db["a"].aws_ebs_volume.data[0]`, as Terraform writes it. */
  address: string;
  volumeId: string;
  /** Where it was made from; '' when from nothing. */
  snapshotId: string;
  encrypted: boolean | undefined;
};
export type ManagedAttachment = {
  kind: 'attachment';
  address: string;
  volumeId: string;
  instanceId: string;
  device: string;
};
export type ManagedInstance = {
  kind: 'instance';
  address: string;
  instanceId: string;
  /** `ebs_block_device`: written in the configuration, or only seen by a refresh; the state does not tell which. */
  disks: readonly ManagedDisk[];
  root: ManagedDisk | undefined;
};
export type ManagedDisk = {
  device: string;
  volumeId: string;
  snapshotId: string;
  encrypted: boolean | undefined;
};
export type Managed = ManagedVolume | ManagedAttachment | ManagedInstance;

/** `read`: the states that could be read, by the name in the settings. `problems`: the others, with why and the next move. */
export type TerraformStates = {
  managed: readonly Managed[];
  read: readonly string[];
  problems: readonly { state: string; why: string }[];
};

export type Terraform = {
  /** Reads the states that the settings name, anew; nothing is written. Never throws. Empty lists when none is named. */
  states: () => Promise<TerraformStates>;
};
