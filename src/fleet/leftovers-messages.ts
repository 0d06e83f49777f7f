import { count, label } from '#lib/format.ts';
import type { HeldVolume, Orphan } from '#lib/leftovers.ts';
import { runTag } from '#lib/tags.ts';
import type { RootTask } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

const shown = 10;

/** The instance has no root volume at all.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html */
export function isRootless({ state, tags }: RootTask): boolean {
  return (state === 'failed-detached' || state === 'failing-detached') && Object.hasOwn(tags, runTag);
}

/** What runs left behind, or undefined when there is nothing. Pure. */
export function orphaned(orphans: readonly Orphan[], lost: readonly RootTask[], flags: string): Report | undefined {
  if (orphans.length + lost.length === 0) return undefined;
  const volumes = orphans.filter(({ kind }) => kind === 'volume').length;
  const what = [
    ...(volumes === 0 ? [] : [count(volumes, 'disk')]),
    ...(orphans.length === volumes ? [] : [count(orphans.length - volumes, 'snapshot')]),
    ...(lost.length === 0 ? [] : [`${count(lost.length, 'server')} without a root disk`]),
  ].join(', ');
  return {
    severity: lost.length > 0 ? 'critical' : 'warning',
    title: `Left behind by runs: ${what}`,
    alert: `No run owns them any more: ${what}`,
    facts: [],
    detail: [
      ...clipped(orphans, orphanLine),
      ...lost.map(({ instanceId, id, state }): Line => [
        { code: instanceId },
        ` has no root disk: task ${id} is ${state}. Attach a volume as its root in the AWS console, or restore it.`,
      ]),
      ...(orphans.length === 0
        ? []
        : ['They cost money and do nothing. Clean up shows each one and asks before it deletes.']),
    ],
    remedies: orphans.length === 0 ? [] : [{ label: 'Clean up', operation: 'cleanup', line: `orphans${flags}` }],
  };
}

function orphanLine(orphan: Orphan): Line {
  return orphan.kind === 'volume'
    ? [{ code: orphan.volume.id }, ` ${orphan.volume.name} · ${orphan.volume.sizeGiB} GiB · ${orphan.why}`]
    : [{ code: orphan.snapshot.id }, ` of ${orphan.snapshot.volumeId} · ${orphan.why}`];
}

/** Replaced disks whose time is over or ends soon, or undefined when there are none. Pure. */
export function held(of: {
  expired: readonly HeldVolume[];
  soon: readonly HeldVolume[];
  /** They are deleted by themselves, so long after they were told. */
  byItself: { noticeMs: number; told: ReadonlyMap<VolumeId, number> } | undefined;
  flags: string;
}): Report | undefined {
  const { expired, soon, byItself, flags } = of;
  if (expired.length + soon.length === 0) return undefined;
  const what = [
    ...(expired.length === 0 ? [] : [`${count(expired.length, 'replaced disk')} past the time kept for undo`]),
    ...(soon.length === 0 ? [] : [`${count(soon.length, 'replaced disk')} soon`]),
  ].join(', ');
  const line = (one: HeldVolume): Line => heldLine(one, byItself);
  return {
    severity: 'info',
    title: what.slice(0, 1).toUpperCase() + what.slice(1),
    alert: byItself === undefined ? what : `${what}; Deckhand deletes them`,
    facts: [],
    detail: [
      ...clipped([...expired, ...soon], line),
      'Once a disk is deleted, its restore can no longer be undone. To keep one longer, change the time in its tag deckhand:restore-hold-until in the AWS console; to keep it for good, remove the tag.',
    ],
    remedies:
      expired.length === 0
        ? []
        : [{ label: 'Delete those past their time', operation: 'cleanup', line: `held${flags}`, style: 'danger' }],
  };
}

function heldLine({ volume, run, until }: HeldVolume, byItself: Parameters<typeof held>[0]['byItself']): Line {
  const deleted =
    byItself === undefined ? undefined : Math.max(until, (byItself.told.get(volume.id) ?? 0) + byItself.noticeMs);
  return [
    { code: volume.id },
    ` ${label(volume) === volume.id ? '' : `${volume.name} · `}${volume.sizeGiB} GiB · replaced by ${run}, kept until `,
    { at: until, style: 'datetime' },
    ...(deleted === undefined ? [] : [', deleted after ', { at: deleted, style: 'datetime' } as const]),
  ];
}

/** The end of either: nothing of it is there any more. */
export function over(key: string): Report {
  const what = key.startsWith('holds') ? 'No replaced disk is past its time' : 'Nothing is left behind by runs';
  return { severity: 'info', title: what, alert: what, facts: [], detail: [], remedies: [] };
}

function clipped<T>(items: readonly T[], line: (item: T) => Line): Line[] {
  const rest = items.length - shown;
  return [...items.slice(0, shown).map(line), ...(rest > 0 ? [`and ${rest} more`] : [])];
}
