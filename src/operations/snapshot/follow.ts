import { scheduleTag } from '#lib/tags.ts';
import type { FollowUp } from '#operations/contract.ts';

import type { SnapshotPlan } from './plan.ts';
import type { SnapshotResult } from './story.ts';

/**
 * What a schedule asks after its snapshots: copies of what was made; and, only when nothing failed, the deletion of what its
 * retention no longer keeps. deckhand.yml has allowed both. Pure.
 */
export function follow({ schedule }: SnapshotPlan, { sets, failed }: SnapshotResult): FollowUp[] {
  if (schedule === undefined) return [];
  const { name, copies, retention } = schedule;
  const snapshots = sets.flatMap((set) => set.snapshots.map(({ id }) => id));
  const approval = { kind: 'none' } as const;
  return [
    ...copies.map(({ to, kmsKey, retainMs }, at): FollowUp => ({
      key: `copy-${at}`,
      operation: 'copy',
      args: { snapshots, to, schedule: { name, retainMs }, ...(kmsKey === undefined ? {} : { kmsKey }) },
      approval,
      because: `copy of schedule ${name} to ${to.region}`,
    })),
    ...(retention === undefined || failed.length > 0
      ? []
      : [
          {
            key: 'retention',
            operation: 'cleanup',
            args: { kind: 'snapshots', selector: ofSchedule(name), rules: retention },
            approval,
            because: `retention of schedule ${name}`,
          },
        ]),
  ];
}

function ofSchedule(name: string) {
  return { all: false, instances: [], volumes: [], snapshots: [], names: [], tags: { [scheduleTag]: name } };
}
