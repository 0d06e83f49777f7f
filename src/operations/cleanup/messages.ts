import { amount, count, duration, some } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import type { CleanupPlan, PlannedUnit, Skipped, SkipReason } from './plan.ts';
import type { CleanupResult } from './story.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
const shownUnits = 5;
const shownFailures = 8;

/** What each reason to leave something alone means, for the counts on the card. */
const reasons: Readonly<Record<SkipReason, string>> = {
  newest: 'the newest backup of their disk',
  young: 'younger than the rules or the grace',
  count: 'among the newest of their disk',
  daily: 'kept for their day',
  weekly: 'kept for their week',
  monthly: 'kept for their month',
  yearly: 'kept for their year',
  pending: 'not completed yet',
  failed: 'failed, so they are no backup (`/deck cleanup orphans` takes those that Deckhand made)',
  'unknown-source': 'copies that do not say of which disk',
  held: 'needed by somebody else',
  set: 'of a set of which another one stays',
  image: 'used by an image (AMI), disabled and deprecated ones too',
  template: 'named by a launch template',
  lock: 'locked',
  share: 'shared with another account',
  'fast-restore': 'switched to fast restore',
  archive: 'in the archive for less than the 90 days that AWS bills',
  run: 'in use by a run',
  dlm: 'made by a lifecycle policy (DLM), which deletes them itself',
  'dlm-orphan': 'made by a lifecycle policy (DLM) that is gone; `--adopt-orphans` treats them like any other',
  'aws-backup': 'made by AWS Backup, which deletes them itself',
  attached: 'attached to a server',
  'not-free': 'not free',
  'still-held': 'still kept for undo',
  terraform: 'still in a Terraform state',
  'unknown-run': 'put back, or not replaced by any run that is known here',
  backup: 'backups by runs that are not known here',
};

/** What goes, what stays and why, what it saves at most, that it cannot be undone. */
export function planned(plan: CleanupPlan): Words {
  const what = amountOf(plan);
  return {
    title: `Delete ${what}`,
    summary: `Delete ${what}: ${plan.asked}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['What', plan.asked],
          ['Goes', `${what}, ${size(plan.sizeGiB)}${ages(plan.units)}`],
          ['Stays', plan.skipped.length === 0 ? 'nothing else matches' : count(plan.skipped.length, 'resource')],
          ['Saves', saving(plan)],
          [
            'Takes',
            plan.leastMs < 60_000 ? 'less than a minute' : `at least ${duration(plan.leastMs)}, at the rate AWS allows`,
          ],
        ],
      },
      { kind: 'list', items: clipped(plan.units, unitLine) },
      ...staying(plan.skipped),
      {
        kind: 'text',
        lines: [
          [
            { bold: 'This cannot be undone' },
            plan.binInUse
              ? ' by Deckhand. The Recycle Bin of this Region is in use: what its rules catch can be taken out of it, and the card will say until when. '
              : ', unless a Recycle Bin rule of the account catches it. ',
            'Each one is looked at again right before: what is used, locked, shared or changed by then is left alone.',
          ],
        ],
      },
      { kind: 'note', line: 'Every single one, and why each other one stays, is in the file in the thread.' },
    ],
  };
}

/** What is gone, what is not and why. */
export function done(plan: CleanupPlan, result: CleanupResult): Words {
  const rest = [
    ...(result.failed.length === 0 ? [] : [`${amount(result.failed.length)} FAILED`]),
    ...(result.skipped.length === 0 ? [] : [`${amount(result.skipped.length)} left alone`]),
  ].join(', ');
  const summary = `Deleted ${amount(result.deleted)} of ${amountOf(plan)}${rest === '' ? '' : `, ${rest}`}`;
  return {
    title: summary,
    summary: `${summary}: ${plan.asked}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['What', plan.asked],
          ['Saves', saving(plan)],
          ['Back', wayBack(result)],
        ],
      },
      ...listed('Failed', result.failed),
      ...listed('Left alone, because it had changed', result.skipped),
      ...(rest === ''
        ? []
        : [
            {
              kind: 'note',
              line: 'All of them are in the file in the thread. Ask again when the causes are gone.',
            } as const,
          ]),
    ],
  };
}

/** Every resource on a line of its own. */
export function files(plan: CleanupPlan, result: CleanupResult | undefined) {
  if (result === undefined)
    return [
      {
        name: 'cleanup-plan.csv',
        title: `All ${amountOf(plan)} that go, and ${count(plan.skipped.length, 'resource')} that stay`,
        text: csv([
          ['resource', 'what', 'why', 'taken'],
          ...plan.units.flatMap(({ ids, why = '', takenAt }) => ids.map((id) => [id, 'delete', why, iso(takenAt)])),
          ...plan.skipped.map(({ id, why, detail }) => [
            id,
            'keep',
            `${reasons[why]}${detail === '' ? '' : `: ${detail}`}`,
            '',
          ]),
        ]),
      },
    ];
  if (result.failed.length + result.skipped.length === 0) return [];
  return [
    {
      name: 'cleanup-result.csv',
      title: 'What was not deleted, and why',
      text: csv([
        ['resource', 'what', 'why'],
        ...result.failed.map(({ id, why }) => [id, 'failed', why]),
        ...result.skipped.map(({ id, why }) => [id, 'left alone', why]),
      ]),
    },
  ];
}

/** What failed, for a run that nobody watched. */
export function failures(_plan: CleanupPlan, { failed }: CleanupResult): Line[] {
  return failed.length === 0 ? [] : [`${count(failed.length, 'deletion')} failed.`, ...clipped(failed, notDoneLine)];
}

/** `120 snapshots`, `3 volumes`, `120 snapshots and 3 volumes`. */
function amountOf({ units }: Pick<CleanupPlan, 'units'>): string {
  const ids = units.flatMap((unit) => unit.ids);
  const volumes = ids.filter((id) => id.startsWith('vol-')).length;
  const snapshots = ids.length - volumes;
  const parts = [
    ...(snapshots === 0 ? [] : [`${amount(snapshots)} ${snapshots === 1 ? 'snapshot' : 'snapshots'}`]),
    ...(volumes === 0 ? [] : [`${amount(volumes)} ${volumes === 1 ? 'volume' : 'volumes'}`]),
  ];
  return parts.join(' and ');
}

function size(gib: number): string {
  return gib >= 10_240 ? `${amount(Math.round(gib / 1_024))} TiB` : `${amount(Math.round(gib))} GiB`;
}

function ages(units: readonly PlannedUnit[]): string {
  const times = units.filter(({ state }) => state === 'completed').map(({ takenAt }) => takenAt);
  if (times.length === 0) return '';
  const oldest = times.reduce((a, b) => Math.min(a, b));
  const newest = times.reduce((a, b) => Math.max(a, b));
  return `, taken from ${iso(oldest).slice(0, 10)} to ${iso(newest).slice(0, 10)}`;
}

function saving({ kind, savesAtMost }: CleanupPlan): string {
  const dollars = `$${savesAtMost.toLocaleString('en-US', { minimumFractionDigits: 2 })} a month`;
  if (kind === 'held') return `about ${dollars} (estimated)`;
  return `at most ${dollars} (estimated; less, because snapshots of a disk share their unchanged blocks)`;
}

function wayBack({ recoverable }: CleanupResult): string {
  if (recoverable === undefined) return 'none: nothing of it is in the Recycle Bin';
  const until =
    recoverable.until === undefined
      ? ''
      : `, at least until ${iso(recoverable.until).slice(0, 16).replace('T', ' ')} UTC`;
  return `${amount(recoverable.count)} can be taken out of the Recycle Bin in the AWS console${until}`;
}

/** By reason, the most frequent first, with examples. */
function staying(skipped: readonly Skipped[]): Section[] {
  if (skipped.length === 0) return [];
  const groups = Object.entries(Object.groupBy(skipped, ({ why }) => why)) as [SkipReason, Skipped[]][];
  const lines = groups
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([why, list]): Line => [{ bold: amount(list.length) }, ` ${reasons[why]}: ${some(list.map(example), 2)}`]);
  return [
    { kind: 'text', lines: [[{ bold: 'What stays' }]] },
    { kind: 'list', items: lines },
  ];
}

function example({ id, detail }: Skipped): string {
  return detail === '' || detail.startsWith('snap-') ? id : `${id} (${detail})`;
}

function unitLine({ ids, sources, takenAt, sizeGiB, why }: PlannedUnit): Line {
  const of = sources.length === 0 ? '' : ` of ${some(sources, 2)}`;
  return [
    { code: ids[0]! },
    `${ids.length > 1 ? ` and ${ids.length - 1} of its set` : ''}${of} · ${iso(takenAt).slice(0, 10)} · ${size(sizeGiB)}${why === undefined ? '' : ` · ${why}`}`,
  ];
}

function listed(title: string, list: CleanupResult['failed']): Section[] {
  if (list.length === 0) return [];
  return [
    { kind: 'text', lines: [[{ bold: `${title}: ${amount(list.length)}` }]] },
    { kind: 'list', items: clipped(list, notDoneLine, shownFailures) },
  ];
}

function notDoneLine({ id, why }: CleanupResult['failed'][number]): Line {
  return [{ code: id }, ` ${why.slice(0, 200)}`];
}

function clipped<T>(items: readonly T[], line: (item: T) => Line, most = shownUnits): Line[] {
  const rest = items.length - most;
  return [...items.slice(0, most).map(line), ...(rest > 0 ? [`and ${amount(rest)} more`] : [])];
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function csv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(cell).join(',')).join('\n');
}

/** A cell that begins like a formula is made text: spreadsheets run formulas.
 *  Source: https://owasp.org/www-community/attacks/CSV_Injection */
function cell(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
