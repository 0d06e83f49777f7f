import type { VolumeId } from '#ports/ids.ts';

import type { ServerPlan, Swap } from './server-plan.ts';

/** What one part of the run is given. */
export type ServerPart = {
  server: ServerPlan;
  putsBack: boolean;
  rate?: number;
  /** Replaced volumes that a Terraform state names: they are marked, so that no clean-up deletes them too early. */
  inTerraform: readonly VolumeId[];
};

/** What one part of the run ends with; plain JSON. */
export type ServerResult = {
  swaps: { device: string; old: VolumeId; new: VolumeId; deleteOnTermination: boolean }[];
  heldUntil: number;
  /** Replaced volumes that could not be tagged as kept. */
  untagged: VolumeId[];
  /** ok | not-checked (it was stopped) | what the status checks said when the time was over. */
  checks: string;
};

/** A swap whose new volume is known. */
export type Placed = Swap & { in: VolumeId };
