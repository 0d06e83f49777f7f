import { describeDrills, type LastDrill } from '#lib/drills.ts';
import { count, duration, label } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Instance, InstanceHealth, Place, ScheduledEvent, Snapshot, Tags } from '#ports/cloud.ts';
import type { Remedy, Report } from '#ports/incidents.ts';
import type { Line, Piece } from '#ports/text.ts';

import { advice, eventAdvice } from './advice.ts';
import { caseOf, caseOfEvents, type Cure, decide, recoveryGraceMs, type RowId } from './decisions.ts';
import type { Check, Trouble } from './diagnosis.ts';

/** All words about the health of servers. What comes from AWS stands in plain pieces only. */

type Fact = readonly [label: string, value: Line];
export type Words = { report: Report; note: Line };
export type Subject = {
  instance: Instance;
  health: InstanceHealth | undefined;
  place: Place;
  /** What a line needs behind it to get there. */
  flags: string;
  /** The newest completed snapshot of each disk that has one; undefined: could not be read. */
  snapshots: readonly Snapshot[] | undefined;
  /** The newest restore drill of each disk that had one; undefined: could not be read. */
  drills: readonly LastDrill[] | undefined;
  /** When a run of ours last rebooted it. */
  rebootedAt: number | undefined;
  now: number;
};

export const checkNames = {
  system: 'system status check',
  ebs: 'attached EBS status check',
  instance: 'instance status check',
} as const satisfies Record<Check, string>;

export function troubled(of: Subject & { trouble: Trouble; since: number; first: boolean }): Words {
  const { instance, trouble } = of;
  const what = whatFails(trouble);
  const rebooted = of.rebootedAt !== undefined && of.rebootedAt > of.since;
  const events = of.health?.events ?? [];
  const decision = decide(caseOf(trouble, instance, { ...of, events, rebooted }), { hasSnapshot: hasSnapshot(of) });
  return {
    report: {
      severity: 'critical',
      title: titleOf(trouble, instance),
      alert: `${label(instance)}: ${what}`,
      facts: [
        ['Failing', failing(of)],
        ...facts(of),
        ['Since', { at: of.since, style: 'datetime' }],
        ['Last good snapshot', lastSnapshot(of)],
        ['Last drill', lastDrill(of)],
      ],
      detail: [...advice(trouble), ...recoveryRemark(decision.row), ...groupRemark(instance), ...decision.never],
      remedies: decision.cures.map((cure) => remedy(cure, of)),
    },
    note: of.first ? `Failing: ${what}.` : `Now: ${what}.`,
  };
}

export function wellAgain(of: {
  id: string;
  instance: Instance | undefined;
  trouble: Trouble;
  since: number;
  endedAt: number;
}): Words {
  const { instance, trouble } = of;
  const name = instance === undefined ? of.id : label(instance);
  const lasted = duration(of.endedAt - of.since);
  const how =
    instance === undefined
      ? 'is gone'
      : instance.state === 'running'
        ? 'is fine again'
        : `is ${instance.state}, as somebody wanted`;
  return {
    report: {
      severity: 'critical',
      title: titleOf(trouble, instance ?? { id: of.id, name: '' }),
      alert: `${name} ${how} after ${lasted}`,
      facts: [
        ['Was', whatFails(trouble)],
        ['From', [{ at: of.since, style: 'datetime' }, ' to ', { at: of.endedAt, style: 'datetime' }, ` (${lasted})`]],
      ],
      detail: [`${name} ${how}.`],
      remedies: [],
    },
    note: `${name} ${how} after ${lasted}.`,
  };
}

/** Something AWS plans to do to a server. `events` is not empty. */
export function planned(of: Subject & { events: readonly ScheduledEvent[] }): Words {
  const { instance, events } = of;
  const codes = [...new Set(events.map(({ code }) => code))].join(', ');
  const decision = decide(caseOfEvents(events, instance), { hasSnapshot: hasSnapshot(of) });
  return {
    report: {
      severity: 'warning',
      title: `AWS plans ${codes} · ${label(instance)}`,
      alert: `${label(instance)}: AWS plans ${codes}${dueText(events, of.now)}`,
      facts: [
        ...events.slice(0, 3).map((event): Fact => [event.code, eventLine(event)]),
        ...facts(of),
        ['Last good snapshot', lastSnapshot(of)],
        ['Last drill', lastDrill(of)],
      ],
      detail: [...new Set(events.map(({ code }) => eventAdvice(code))), ...decision.never],
      remedies: decision.cures.map((cure) => remedy(cure, of)),
    },
    note: `AWS plans ${codes}${dueText(events, of.now)}.`,
  };
}

export function plannedOver(of: { id: string; instance: Instance | undefined }): Words {
  const name = of.instance === undefined ? of.id : label(of.instance);
  const text = of.instance === undefined ? 'is gone' : 'has no event planned any more';
  return {
    report: {
      severity: 'warning',
      title: `AWS event · ${name}`,
      alert: `${name} ${text}`,
      facts: [],
      detail: [`${name} ${text}.`],
      remedies: [],
    },
    note: `${name} ${text}.`,
  };
}

/** EC2 cannot be read, so nobody watches. `why` is what the adapter said, meant for people. */
export function unreadable(of: { looks: number; why: string }): Words {
  return {
    report: {
      severity: 'critical',
      title: 'EC2 health is not watched',
      alert: `EC2 health is not watched: ${count(of.looks, 'look')} in a row failed`,
      facts: [['Failed', `${count(of.looks, 'look')} in a row`]],
      detail: [of.why, 'No alert about a server can come until this works again. Deckhand keeps trying.'],
      remedies: [],
    },
    note: `${count(of.looks, 'look')} at EC2 in a row failed.`,
  };
}

export function readableAgain(): Words {
  return {
    report: {
      severity: 'critical',
      title: 'EC2 health is not watched',
      alert: 'EC2 health is watched again',
      facts: [],
      detail: ['EC2 answers again.'],
      remedies: [],
    },
    note: 'EC2 answers again.',
  };
}

function titleOf(trouble: Trouble, of: { id: string; name: string }): string {
  return `${trouble.kind === 'impaired' ? 'EC2 status check failed' : 'EC2 server stopped'} · ${label(of)}`;
}

function whatFails(trouble: Trouble): string {
  if (trouble.kind === 'impaired') return `${trouble.checks.map((check) => checkNames[check]).join(' and ')} impaired`;
  return trouble.by === 'system' ? 'it shut itself down' : `AWS stopped it (${trouble.reason})`;
}

function failing({ trouble, health }: { trouble: Trouble; health: InstanceHealth | undefined }): string {
  if (trouble.kind === 'stopped') return whatFails(trouble);
  const states =
    health === undefined ? '' : ` (system ${health.system}, instance ${health.instance}, EBS ${health.ebs})`;
  return `${whatFails(trouble)}${states}`;
}

function facts({ instance, place }: Subject): readonly Fact[] {
  return [
    ['Server', `${label(instance)} · ${instance.type}`],
    ['Account and Region', placeLabel(place)],
    ['Zone', instance.zone],
    ['Environment', tagOf(instance.tags, ['env', 'environment', 'stage']) ?? 'no tag env'],
    ['Owner', tagOf(instance.tags, ['owner', 'team']) ?? 'no tag owner'],
  ];
}

/** Tags differ in case from team to team. */
function tagOf(tags: Tags, keys: readonly string[]): string | undefined {
  const entries = Object.entries(tags).map(([key, value]) => [key.toLowerCase(), value] as const);
  return keys.map((key) => entries.find(([own]) => own === key)?.[1]).find((value) => value !== undefined);
}

/** The way back: how much work a restore would cost. */
function lastSnapshot({ instance, snapshots, now }: Subject): Line {
  if (snapshots === undefined) return 'could not be read';
  const disks = instance.mappings.length;
  const newest = snapshots.toSorted((a, b) => b.startedAt - a.startedAt)[0];
  if (newest === undefined) return `none of its ${count(disks, 'disk')} has a completed one`;
  const missing = disks - snapshots.length;
  const oldest = Math.min(...snapshots.map(({ startedAt }) => startedAt));
  const pieces: Piece[] = [{ code: newest.id }, `, ${duration(now - newest.startedAt)} ago`];
  if (missing > 0) pieces.push(`; ${count(missing, 'disk')} of ${disks} without any`);
  else if (oldest < newest.startedAt) pieces.push(`; the oldest of its disks' is ${duration(now - oldest)} old`);
  return pieces;
}

/** Whether, and how fast, that way back was ever tried. */
function lastDrill({ instance, drills, now }: Subject): Line {
  return drills === undefined ? 'could not be read' : describeDrills(drills, instance.mappings.length, now);
}

function hasSnapshot({ snapshots }: Subject): boolean {
  return (snapshots ?? []).length > 0;
}

function recoveryRemark(row: RowId): readonly Line[] {
  return row === 'system-recovering'
    ? [
        `AWS is left to it for ${duration(recoveryGraceMs)}; if it is still like this then, a button to move it comes here.`,
      ]
    : [];
}

function groupRemark({ autoScalingGroup }: Instance): readonly Line[] {
  if (autoScalingGroup === undefined) return [];
  return [`It belongs to the Auto Scaling group ${autoScalingGroup}, which replaces servers that fail their checks.`];
}

function eventLine(event: ScheduledEvent): Line {
  return [
    event.description,
    ...(event.notBefore === undefined ? [] : [' · not before ', { at: event.notBefore, style: 'datetime' } as const]),
    ...(event.deadline === undefined ? [] : [' · at the latest ', { at: event.deadline, style: 'datetime' } as const]),
  ];
}

function dueText(events: readonly ScheduledEvent[], now: number): string {
  const times = events.flatMap(({ notBefore, deadline }) => deadline ?? notBefore ?? []);
  if (times.length === 0) return '';
  const first = Math.min(...times);
  return first <= now ? ', due now' : `, within ${duration(first - now)}`;
}

function remedy(cure: Cure, { instance, flags }: Subject): Remedy {
  const target = `${instance.id}${flags}`;
  switch (cure) {
    case 'start':
      return { label: 'Start', operation: 'start', line: target, style: 'primary' };
    case 'migrate':
      return { label: 'Move to another host…', operation: 'migrate', line: target, style: 'primary' };
    case 'replace':
      return { label: 'Let the group replace it…', operation: 'replace', line: target, style: 'danger' };
    case 'standby':
      return { label: 'Take out of service', operation: 'standby', line: target };
    case 'event':
      return { label: 'Do it now…', operation: 'event', line: target, style: 'primary' };
    case 'reboot':
      return { label: 'Reboot', operation: 'restart', line: target, style: 'primary' };
    case 'restore':
      return { label: 'Restore…', operation: 'restore', line: `${target} --from latest`, style: 'danger' };
    case 'snapshot':
      return { label: 'Snapshot now', operation: 'snapshot', line: target };
  }
}
