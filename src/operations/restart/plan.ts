import type { InstanceId } from '#ports/ids.ts';

/** The servers to reboot. */
export type RestartPlan = {
  instances: readonly { id: InstanceId; name: string; env: string; group: string | undefined }[];
};
/** By instance id: `ok`, or the first check that is not. */
export type RestartResult = { checks: Record<string, string> };
