import type { VolumeId } from '#ports/ids.ts';
import type { TerraformStates } from '#ports/terraform.ts';

/** The volumes that Terraform manages by themselves or by an attachment, with their address. Pure. */
export function managedVolumes({ managed }: Pick<TerraformStates, 'managed'>): ReadonlyMap<VolumeId, string> {
  return new Map(
    managed.flatMap((one) => (one.kind === 'instance' ? [] : [[one.volumeId as VolumeId, one.address] as const])),
  );
}
