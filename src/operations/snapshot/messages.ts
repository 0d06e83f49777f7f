import { count, duration, some } from '#lib/format.ts';
import { describeRules } from '#lib/retention-words.ts';
import type { Line, Section } from '#ports/text.ts';

import { describeFull, type Full, type SnapshotPlan, type SnapshotSet } from './plan.ts';
import type { SnapshotResult } from './story.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
const shown = 10;

/** What will be snapshotted, and what a snapshot is worth. */
export function planned(plan: SnapshotPlan): Words {
  const volumes = plan.sets.reduce((sum, set) => sum + set.volumes.length, 0);
  const what =
    plan.sets.length === 1 ? plan.sets[0]!.name : count(plan.sets.length, 'server or volume', 'servers and volumes');
  return {
    title: `Snapshot ${what}${plan.schedule === undefined ? '' : ` · schedule ${plan.schedule.name}`}`,
    summary: `Snapshot ${count(volumes, 'volume')} of ${what}`,
    sections: [
      { kind: 'list', items: clip(plan.sets, setLine) },
      ...fullSection(plan.full ?? []),
      {
        kind: 'text',
        lines: [
          `${count(volumes, 'snapshot')} of ${plan.sizeGiB} GiB of disks; changed blocks are billed until the snapshots are deleted.`,
          ...afterwards(plan),
          consistency(plan),
        ],
      },
    ],
  };
}

/** What AWS will refuse unless something changes until then. */
function fullSection(full: readonly Full[]): Section[] {
  if (full.length === 0) return [];
  const title: Line = [
    { emoji: 'warning' },
    ' ',
    { bold: 'AWS takes no snapshot of these just now, and with them none of their server' },
  ];
  return [
    { kind: 'text', lines: [title] },
    { kind: 'list', items: clip(full, describeFull) },
  ];
}

function consistency({ schedule, sets }: SnapshotPlan): string {
  const hooks = schedule?.hooks;
  const at = 'The disks of a server are taken at one instant';
  if (hooks === undefined || sets.every(({ running }) => running !== true))
    return `${at} (crash-consistent: as after a power cut, not flushed by applications). Nothing is interrupted.`;
  return `${at}, between the hooks of the schedule, which run on each running server: ${hooks.pre.length} and ${hooks.post.length} lines. When the first fails, ${hooks.onFailure === 'fail' ? 'the server is not taken' : 'it is taken as after a power cut'}.`;
}

/** What deckhand.yml has allowed to follow by itself. */
function afterwards({ schedule }: SnapshotPlan): readonly string[] {
  if (schedule === undefined) return [];
  return [
    ...schedule.copies.map(
      ({ to, retainMs }) => `Afterwards copied to ${to.region}, where copies are kept for ${duration(retainMs)}.`,
    ),
    ...(schedule.retention === undefined
      ? []
      : [
          `Afterwards, when all went well, its schedule's older snapshots go: ${describeRules(schedule.retention)}; the newest of each disk stays.`,
        ]),
  ];
}

/** What exists now, and what failed after how many attempts. */
export function done(_plan: SnapshotPlan, result: SnapshotResult): Words {
  const made = result.sets.reduce((sum, set) => sum + set.snapshots.length, 0);
  const what =
    result.sets.length === 1
      ? result.sets[0]!.name
      : count(result.sets.length, 'server or volume', 'servers and volumes');
  const failed = result.failed.length === 0 ? '' : `, ${count(result.failed.length, 'set')} FAILED`;
  return {
    title: `Snapshot of ${what}${failed}`,
    summary: `${count(made, 'snapshot')} of ${what} completed${failed}`,
    sections: [
      {
        kind: 'list',
        items: clip(result.sets, ({ name, snapshots, attempts }) => [
          { bold: name },
          `: ${some(
            snapshots.map(({ id, volumeId }) => `${id} (of ${volumeId})`),
            6,
          )}${attempts > 1 ? ` · attempt ${attempts}` : ''}`,
        ]),
      },
      ...failures(result),
    ],
  };
}

function failures(result: SnapshotResult): Section[] {
  const lines = failureLines(result);
  return lines.length === 0 ? [] : [{ kind: 'text', lines }];
}

/** Which sets failed, why, and what is left of them; and where the hooks of a schedule failed. */
export function failureLines(result: SnapshotResult): readonly Line[] {
  return [...failedSets(result), ...hookLines(result)];
}

function hookLines({ sets }: SnapshotResult): readonly Line[] {
  return sets
    .flatMap(({ name, hooks }): Line[] => [
      ...(hooks?.before === undefined
        ? []
        : [[{ bold: name }, `: its pre hook failed, so it was taken as after a power cut: ${hooks.before}`] as const]),
      ...(hooks?.after === undefined
        ? []
        : [
            [
              { bold: `${name} MAY STAND STILL` },
              `: its post hook failed: ${hooks.after}. Look at the server and run the lines of the hook by hand.`,
            ] as const,
          ]),
    ])
    .slice(0, shown);
}

function failedSets({ failed }: SnapshotResult): readonly Line[] {
  return failed
    .slice(0, shown)
    .map(({ name, why, attempts, left }): Line => [
      { bold: `${name} failed` },
      ` after ${count(attempts, 'attempt')}: ${why}. ${left.length === 0 ? 'Nothing of it was left behind.' : `Still there: ${some(left, 5)}.`} Ask for it again when the cause is gone.`,
    ]);
}

function setLine(set: SnapshotSet): Line {
  return [
    { bold: set.name },
    `: ${some(
      set.volumes.map(({ id, device, sizeGiB }) => `${device} ${id} ${sizeGiB} GiB`),
      6,
    )}`,
  ];
}

function clip<T>(items: readonly T[], line: (item: T) => Line): Line[] {
  const rest = items.length - shown;
  return [...items.slice(0, shown).map(line), ...(rest > 0 ? [`and ${rest} more`] : [])];
}
