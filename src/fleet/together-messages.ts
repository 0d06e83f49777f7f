import { count, some } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Instance, InstanceHealth, Place, ScheduledEvent } from '#ports/cloud.ts';
import type { Remedy, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import type { Act } from './acts.ts';
import { eventAdvice } from './advice.ts';
import { caseOf, caseOfEvents } from './cases.ts';
import { type Cure, decide, type Decision } from './decisions.ts';
import { rootOf, type Trouble } from './diagnosis.ts';
import { isSoon, openOf } from './events.ts';
import type { Bond } from './groups.ts';
import { checkNames, nameOf } from './messages.ts';
import { because } from './together-advice.ts';

/** Words of one message about several servers. */

/** Names in one message and in one line of its thread; the rest is counted. */
const mostNames = 20;
const mostInLine = 5;
/** `note` is left out when nobody came or went. */
type Fact = readonly [label: string, value: Line];
type News = { report: Report; note?: Line };
/** A server in it. `instance` is undefined while it is not listed. */
export type Of = {
  id: string;
  instance: Instance | undefined;
  /** Where `health.tags` leaves it out. */
  leftOut?: Instance;
  health: InstanceHealth | undefined;
  trouble: Trouble | undefined;
  since: number;
  acts?: readonly Act[] | undefined;
};
type Group = {
  bond: Bond;
  members: readonly Of[];
  came: readonly Of[];
  went: readonly Of[];
  /** Servers that were in it. */
  gone: readonly string[];
  startedAt: number;
  place: Place;
  flags: string;
  now: number;
  /** It is told for the first time. */
  first: boolean;
  /** Servers that one button may act on; beyond, people choose by a selector. */
  most: number;
};

export function failing(of: Group): News {
  const { members, bond, gone } = of;
  const names = namesOf(members);
  const what = causes(members);
  const { cause, step } = because(bond);
  const decisions = members.flatMap(({ instance, health, trouble, since, acts }) =>
    instance === undefined || trouble === undefined
      ? []
      : [
          decide(caseOf(trouble, instance, { since, now: of.now, events: health?.events ?? [], acts }), {
            hasSnapshot: false,
          }),
        ],
  );
  return {
    report: {
      severity: 'critical',
      title: titleOf(members.length, bond),
      alert: `${count(members.length, 'server')} impaired together (${whereOf(bond)}): ${some(names, 3)}`,
      facts: [
        ['Failing', what],
        ['In common', whereOf(bond)],
        ['Likely cause', cause],
        ['Do', step],
        ...careful(decisions),
        ['Servers', some(names, mostNames)],
        ...spread(members),
        ...(gone.length === 0 ? [] : [['Well again', `${gone.length} of ${gone.length + members.length}`] as const]),
        ['Account and Region', placeLabel(of.place)],
        ['Environments', tally(members.map(({ instance }) => instance?.tags['env'] ?? 'no tag env'))],
        ['Since', { at: of.startedAt, style: 'datetime' }],
      ],
      detail: [],
      servers: members.map(({ id }) => id),
      remedies: remediesOf(of, decisions),
    },
    ...change(of, `${count(members.length, 'server')}: ${what}.`, 'well again'),
  };
}

/** The same that AWS plans for several servers on one day. */
export function planned(of: Group): News {
  const { members, bond } = of;
  const names = namesOf(members);
  const events = openOf(members.flatMap(({ health }) => health?.events ?? []));
  const decided = members.flatMap(({ instance, health }) => {
    if (instance === undefined || health === undefined) return [];
    const decision = decide(caseOfEvents(openOf(health.events), instance), { hasSnapshot: false });
    return [{ decision, advice: eventAdvice(decision, openOf(health.events)) }];
  });
  const decisions = decided.map(({ decision }) => decision);
  return {
    report: {
      severity: isSoon(events, of.now) ? 'critical' : 'warning',
      title: `AWS plans ${bond.what} · ${count(members.length, 'server')}`,
      alert: `AWS plans ${bond.what} for ${count(members.length, 'server')}: ${some(names, 3)}`,
      facts: [
        ['Planned', bond.what],
        ...whenOf(events),
        ...forSome(
          'Do',
          decided.map(({ advice }) => [advice]),
        ),
        [
          'Also',
          [
            'Each server by itself: ',
            { code: `/deck event <server>${of.flags}` },
            ', with ',
            { code: '--at' },
            ' for another time.',
          ],
        ],
        ...careful(decisions),
        ['Servers', some(names, mostNames)],
        ['Account and Region', placeLabel(of.place)],
        ['Zones', tally(members.flatMap(({ instance }) => instance?.zone ?? []))],
        ['Environments', tally(members.map(({ instance }) => instance?.tags['env'] ?? 'no tag env'))],
      ],
      detail: [],
      remedies: remediesOf(of, decisions),
    },
    ...change(of, `AWS plans ${bond.what} for ${count(members.length, 'server')}.`, 'no longer planned'),
  };
}

/** Over which zones and groups they are spread; of one alone nothing is said, as it is in their bond or their names. */
function spread(members: readonly Of[]): readonly Fact[] {
  const differing = (found: readonly string[]) => new Set(found).size > 1;
  const zones = members.flatMap(({ instance }) => instance?.zone ?? []);
  const groups = members.flatMap(({ instance }) => instance?.autoScalingGroup ?? []);
  return [
    ...(differing(zones) ? [['Zones', tally(zones)] as const] : []),
    ...(differing(groups) ? [['Auto Scaling groups', tally(groups)] as const] : []),
  ];
}

export function titleOf(servers: number, bond: Bond): string {
  return `${count(servers, 'EC2 server')} impaired · ${whereOf(bond)}`;
}

/** In the order in which people count: web-2 before web-10. */
function namesOf(servers: readonly Of[]): readonly string[] {
  return servers.map(nameOf).toSorted(new Intl.Collator('en', { numeric: true }).compare);
}

export function whereOf({ by, what }: Bond): string {
  return by === 'event' ? what : `${by} ${what}`;
}

/** `312 × system status check, 188 × instance status check`, the most first. */
function causes(members: readonly Of[]): string {
  return tally(
    members.flatMap(({ trouble }) =>
      trouble === undefined
        ? []
        : trouble.kind === 'impaired'
          ? `${checkNames[rootOf(trouble.checks)]} impaired`
          : trouble.by === 'system'
            ? 'shut itself down'
            : 'stopped by AWS',
    ),
  );
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].toSorted(([a, ofA], [b, ofB]) => ofB - ofA || a.localeCompare(b));
  return some(
    sorted.map(([word, servers]) => `${servers} × ${word}`),
    mostInLine,
  );
}

/** What holds for some of them only says for how many. */
function careful(decisions: readonly Decision[]): readonly Fact[] {
  return forSome(
    'Careful',
    decisions.map(({ never }) => never),
  );
}

/** `lines`: what holds for each server. */
function forSome(name: string, lines: readonly (readonly string[])[]): readonly Fact[] {
  const counts = new Map<string, number>();
  for (const line of lines.flat()) counts.set(line, (counts.get(line) ?? 0) + 1);
  const sorted = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, 3);
  return sorted.map(([line, servers]): Fact => [
    name,
    servers === lines.length ? `Each of them: ${line}` : `${servers} of them: ${line}`,
  ]);
}

/** When AWS may begin with the first of them, and how late that one can be moved to. */
function whenOf([first]: readonly ScheduledEvent[]): readonly Fact[] {
  return [
    ...(first?.notBefore === undefined ? [] : [['AWS begins', { at: first.notBefore, style: 'datetime' }] as const]),
    ...(first?.deadline === undefined ? [] : [['Movable until', { at: first.deadline, style: 'datetime' }] as const]),
  ];
}

/** What may be done to many at once: no move, no restore, and nothing to a group of AWS's. */
const forMany: readonly (readonly [cure: Cure, remedy: Omit<Remedy, 'line'>])[] = [
  ['reboot', { label: 'Reboot all…', operation: 'restart', style: 'danger' }],
  ['start', { label: 'Start all', operation: 'start', style: 'primary' }],
  ['snapshot', { label: 'Snapshot all', operation: 'snapshot' }],
];

/** Only what fits every one of them. The request names each server, so its plan shows what it would do. */
function remediesOf({ members, flags, most }: Group, decisions: readonly Decision[]): readonly Remedy[] {
  const isSure = decisions.length === members.length && members.length <= most;
  if (!isSure) return [];
  const ids = members.map(({ id }) => id).toSorted();
  return forMany
    .filter(([cure]) => decisions.every(({ cures }) => cures.includes(cure)))
    .map(([, remedy]) => ({ ...remedy, line: `${ids.join(' ')}${flags}` }));
}

function change({ first, came, went }: Group, all: string, gone: string): { note?: Line } {
  if (first) return { note: all };
  const parts = [
    ...(came.length === 0 ? [] : [`${came.length} more: ${some(namesOf(came), mostInLine)}`]),
    ...left(
      went.filter(({ leftOut }) => leftOut === undefined),
      gone,
    ),
    ...left(
      went.filter(({ leftOut }) => leftOut !== undefined),
      'no longer watched (health.tags leaves them out)',
    ),
  ];
  return parts.length === 0 ? {} : { note: `${all} ${parts.join('; ')}.` };
}

function left(servers: readonly Of[], how: string): readonly string[] {
  return servers.length === 0 ? [] : [`${servers.length} ${how}: ${some(namesOf(servers), mostInLine)}`];
}
