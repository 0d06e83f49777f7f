import { object, text } from './reading.ts';

/** What the "Break things" panel sends to `POST /sandbox/api/faults`; docs/sandbox.md describes each. */
export const troubles = {
  impair: (instance: string) => ({ ec2: { impair: instance, check: 'instance' } }),
  heal: (instance: string) => ({ ec2: { heal: instance } }),
  /** Its data may be inconsistent: no I/O until somebody enables it. */
  stopIo: (volume: string) => ({ ec2: { impairVolume: volume, trouble: 'inconsistent' } }),
  healVolume: (volume: string) => ({ ec2: { healVolume: volume } }),
  failSnapshot: { ec2: { failNextSnapshot: 1 } },
  failRoot: { ec2: { failNextRootTask: 1 } },
  throttle: { ec2: { throttle: { times: 30 } } },
  deny: (action: string) => ({ ec2: { deny: [`ec2:${action}`] } }),
  disconnect: { slack: { disconnect: true } },
  clear: { ec2: { clear: true }, slack: { clear: true }, site: { up: true, status: 200, latencyMs: 0 } },
};

/** How the demo site may be, with the body of `POST /sandbox/api/site`. */
export const siteStates = [
  { label: 'Up', set: { up: true, status: 200, latencyMs: 0 } },
  { label: 'Down', set: { up: false, status: 200, latencyMs: 0 } },
  // Beyond what the sandbox's deckhand.yml calls slow, within its deadline.
  { label: 'Slow', set: { up: true, status: 200, latencyMs: 1_500 } },
  { label: 'Error 500', set: { up: true, status: 500, latencyMs: 0 } },
] as const;

/** Permissions worth taking away: each stops another step of an operation. */
export const deniable = [
  'CreateSnapshots',
  'CreateSnapshot',
  'CreateVolume',
  'AttachVolume',
  'DetachVolume',
  'CreateReplaceRootVolumeTask',
  'CopySnapshot',
  'DeleteSnapshot',
  'StopInstances',
  'StartInstances',
  'RebootInstances',
  'CreateTags',
  'DescribeInstances',
] as const;

/** A fault that is in force, as EC2 tells it, in words. */
export function faultWords(fault: unknown): string {
  const { deny, failNextSnapshot, failNextVolume, failNextRootTask, inject } = object(fault);
  const { action, code, times, hangMs } = object(inject);
  if (Array.isArray(deny)) return `Denied: ${deny.map((one: unknown) => text(one)).join(', ')}`;
  if (failNextSnapshot !== undefined) return `Snapshots that will fail: ${text(failNextSnapshot)}`;
  if (failNextVolume !== undefined) return `Volumes that will fail: ${text(failNextVolume)}`;
  if (failNextRootTask !== undefined)
    return `Root replacements that will fail: ${text(object(failNextRootTask)['times'])}`;
  if (inject === undefined) return JSON.stringify(fault);
  const calls = action === '*' ? 'calls' : `calls of ${text(action)}`;
  return `Next ${text(times)} ${calls}: ${text(code) || (hangMs === undefined ? 'an error' : 'late')}`;
}
