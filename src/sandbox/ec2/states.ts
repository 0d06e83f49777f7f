import type { Attachment, Check, Instance, RootTask, Snapshot, Volume } from './model.ts';
import type { Pace } from './pace.ts';

/** Codes of instance states. Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;
export type InstanceState = keyof typeof stateCodes;

const onTheWay = { running: 'pending', stopped: 'stopping', terminated: 'shutting-down' } as const;

export function instanceState({ power }: Instance, now: number): InstanceState {
  return now >= power.doneAt ? power.to : onTheWay[power.to];
}

export function runs(instance: Instance, now: number): boolean {
  return instanceState(instance, now) === 'running';
}

/** Pending counts as up: its volumes are in use. */
export function isUp({ power }: Instance, now: number): boolean {
  return power.to === 'running' || now < power.doneAt;
}

export type CheckState = 'ok' | 'impaired' | 'initializing' | 'not-applicable';

export function checkState(instance: Instance, check: Check, now: number): CheckState {
  if (!runs(instance, now)) return 'not-applicable';
  if (instance.impaired[check] !== undefined) return 'impaired';
  return now < instance.initializedAt ? 'initializing' : 'ok';
}

export type AttachmentState = 'attaching' | 'attached' | 'detaching' | 'busy';

/** Undefined: it is gone. */
export function attachmentState({ readyAt, leaving }: Attachment, now: number): AttachmentState | undefined {
  if (leaving !== undefined && now >= leaving.since) {
    if (leaving.goneAt === null) return 'busy';
    return now >= leaving.goneAt ? undefined : 'detaching';
  }
  return now < readyAt ? 'attaching' : 'attached';
}

/** Those that are still there. */
export function attachmentsOf(volume: Volume, now: number): readonly Attachment[] {
  return volume.attachments.filter((attachment) => attachmentState(attachment, now) !== undefined);
}

export type VolumeState = 'creating' | 'available' | 'in-use' | 'deleting' | 'error';

/** Undefined: it is gone. */
export function volumeState(volume: Volume, now: number): VolumeState | undefined {
  if (volume.leaving !== undefined && now >= volume.leaving.since)
    return now >= volume.leaving.goneAt ? undefined : 'deleting';
  if (now < volume.readyAt) return 'creating';
  if (volume.failed) return 'error';
  return attachmentsOf(volume, now).length > 0 ? 'in-use' : 'available';
}

export function snapshotState({ doneAt, outcome }: Snapshot, now: number): 'pending' | 'completed' | 'error' {
  return now < doneAt ? 'pending' : outcome;
}

/** Part of the time after which a snapshot says 99%; it stays there until it is completed, as AWS's do. */
const climbing = 0.4;

/** Empty at first, then a percentage. */
export function snapshotProgress(snapshot: Snapshot, now: number): string {
  const { startedAt, doneAt } = snapshot;
  if (now >= doneAt) return snapshot.outcome === 'completed' ? '100%' : '';
  if (now <= startedAt) return '';
  const part = (now - startedAt) / Math.max(1, doneAt - startedAt);
  return `${Math.min(99, Math.floor((part / climbing) * 100))}%`;
}

export type RootTaskState = 'pending' | 'in-progress' | 'failing' | 'failing-detached' | RootTask['outcome'];

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html */
export function rootTaskState(task: RootTask, now: number, pace: Pace): RootTaskState {
  if (now >= task.doneAt) return task.outcome;
  if (now < task.bornAt + pace.rootPending) return 'pending';
  if (task.outcome === 'succeeded' || now < task.doneAt - pace.rootFailing) return 'in-progress';
  return task.outcome === 'failed' ? 'failing' : 'failing-detached';
}

/** When its state changes. */
export function rootTaskInstants(task: RootTask, pace: Pace): number[] {
  return [task.bornAt + pace.rootPending, task.doneAt - pace.rootFailing, task.doneAt];
}
