import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';
import type { Managed, TerraformStates } from '#ports/terraform.ts';

/** An exchange as Terraform would see it. */
export type SeenSwap = {
  server: InstanceId;
  device: string;
  root: boolean;
  out: VolumeId;
  /** Of the volume that comes; an existing one has its id. */
  snapshotId?: SnapshotId;
  encrypted?: boolean;
  back?: VolumeId;
};

/**
 * How Terraform has the disk that is exchanged, and what its next plan would do. Plain JSON.
 *
 * - separate: `aws_ebs_volume` and `aws_volume_attachment`. The next plan adds the attachment of the old volume again; once
 *   the old volume is deleted it adds a new, EMPTY volume and its attachment.
 * - inline: `ebs_block_device` of the instance, which would be replaced, if the block is written in the configuration.
 * - root: `root_block_device`; nothing, unless its encryption changes.
 * - returns: the state names the volume that comes back, so nothing is to do.
 * - none: no state that was read manages it.
 *
 * Measured with Terraform 1.11.4 and the AWS provider 5.100.0, see docs/terraform.md.
 */
export type Prediction = {
  server: InstanceId;
  device: string;
  out: VolumeId;
  style: 'separate' | 'inline' | 'root' | 'returns' | 'none';
  volume?: string;
  attachment?: string;
  instance?: string;
  /** The configuration may pin another snapshot: an import would then destroy the restored volume. */
  pinned?: string;
  /** For inline: the snapshot to write into the block. */
  snapshotId?: SnapshotId;
  /** The new volume is encrypted and the old one was not, which replaces what is configured otherwise. */
  encrypts?: boolean;
};
export type Predicted = {
  read: readonly string[];
  problems: TerraformStates['problems'];
  disks: readonly Prediction[];
};

/** What the next `terraform plan` would say of these exchanges; undefined when no state is named in the settings. Pure. */
export function predict(swaps: readonly SeenSwap[], states: TerraformStates): Predicted | undefined {
  const { managed, read, problems } = states;
  if (read.length === 0 && problems.length === 0) return undefined;
  const index = indexOf(managed);
  return { read, problems, disks: swaps.map((swap) => predictOne(swap, index)) };
}

type Index = ReturnType<typeof indexOf>;

/** By id: a fleet of 500 servers against a state of 10,000 disks. */
function indexOf(managed: readonly Managed[]) {
  const of = <K extends Managed['kind']>(kind: K) =>
    managed.filter((one): one is Extract<Managed, { kind: K }> => one.kind === kind);
  return {
    volumes: new Map(of('volume').map((one) => [one.volumeId, one])),
    attachments: new Map(of('attachment').map((one) => [`${one.instanceId} ${one.volumeId}`, one])),
    instances: new Map(of('instance').map((one) => [one.instanceId, one])),
  };
}

function predictOne(swap: SeenSwap, { volumes, attachments, instances }: Index): Prediction {
  const { server, device, root, out, back, snapshotId } = swap;
  const here = { server, device, out };
  const volume = volumes.get(out);
  const attachment = attachments.get(`${server} ${out}`);
  const encrypts = (before: boolean | undefined) =>
    before === false && swap.encrypted === true ? { encrypts: true } : {};
  if (volume !== undefined || attachment !== undefined)
    return {
      ...here,
      style: 'separate',
      ...(volume === undefined ? {} : { volume: volume.address, ...encrypts(volume.encrypted) }),
      ...(attachment === undefined ? {} : { attachment: attachment.address }),
      ...(volume === undefined || volume.snapshotId === '' || volume.snapshotId === snapshotId
        ? {}
        : { pinned: volume.snapshotId }),
    };
  if (back !== undefined && (volumes.has(back) || attachments.has(`${server} ${back}`)))
    return { ...here, style: 'returns' };
  const instance = instances.get(server);
  if (instance === undefined) return { ...here, style: 'none' };
  if (root) return { ...here, style: 'root', instance: instance.address, ...encrypts(instance.root?.encrypted) };
  if (back !== undefined && instance.disks.some(({ volumeId }) => volumeId === back))
    return { ...here, style: 'returns' };
  const disk = instance.disks.find(({ volumeId }) => volumeId === out);
  return disk === undefined
    ? { ...here, style: 'none' }
    : {
        ...here,
        style: 'inline',
        instance: instance.address,
        ...(snapshotId === undefined ? {} : { snapshotId }),
        ...encrypts(disk.encrypted),
      };
}

/** True when the next plan would destroy and create the server. */
export function replaces({ style, encrypts }: Prediction): boolean {
  return style === 'inline' || (style === 'root' && encrypts === true);
}

/** The old volumes that must stay although their time is over: once they are gone, Terraform makes empty ones. */
export function mustStay(predicted: Predicted | undefined): readonly VolumeId[] {
  return (predicted?.disks ?? []).filter(({ style }) => style === 'separate').map(({ out }) => out);
}
