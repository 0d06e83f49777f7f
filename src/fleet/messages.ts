import { duration, label } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Instance, InstanceHealth, Place, Tags } from '#ports/cloud.ts';
import type { Remedy, Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import { type Act, since } from './acts.ts';
import { causeOf, nextSteps } from './advice.ts';
import { caseOf } from './cases.ts';
import { type Cure, decide } from './decisions.ts';
import type { Check, Trouble } from './diagnosis.ts';
import { lastSnapshot, restoreTime, type WayBack } from './way-back.ts';

/** All words about the health of servers. What comes from AWS stands in plain pieces only. */

export type Fact = readonly [label: string, value: Line];
export type Words = { report: Report; note: Line };
export type Subject = WayBack & {
  instance: Instance;
  health: InstanceHealth | undefined;
  place: Place;
  /** What a line needs behind it to get there. */
  flags: string;
  /** What our runs did to it lately. */
  acts?: readonly Act[] | undefined;
};

export const checkNames = {
  system: 'system status check',
  ebs: 'attached EBS status check',
  instance: 'instance status check',
} as const satisfies Record<Check, string>;

export function troubled(of: Subject & { trouble: Trouble; since: number; first: boolean; flaps: boolean }): Words {
  const { instance, trouble } = of;
  const what = whatFails(trouble);
  const events = of.health?.events ?? [];
  const decision = decide(caseOf(trouble, instance, { ...of, events }), { hasSnapshot: hasSnapshot(of) });
  return {
    report: {
      severity: 'critical',
      title: titleOf(trouble, instance),
      alert: `${label(instance)}: ${what}`,
      facts: [
        ['Failing', what],
        ['Likely cause', causeOf(trouble)],
        ['Evidence', evidence(of)],
        ...nextSteps(decision, of).map((line, at): Fact => [at === 0 ? 'Do' : 'Also', line]),
        ...careful(decision.never),
        ['Last good snapshot', lastSnapshot(of)],
        ['A restore takes', restoreTime(of)],
        ...facts(of),
      ],
      detail: groupRemark(instance),
      servers: [instance.id],
      remedies: decision.cures.map((cure) => remedy(cure, of)),
    },
    note: of.first ? `Failing: ${what}.` : `Now: ${what}.`,
  };
}

export function wellAgain(of: {
  id: string;
  instance: Instance | undefined;
  leftOut?: Instance;
  trouble: Trouble;
  since: number;
  endedAt: number;
}): Words {
  const { instance, trouble } = of;
  const name = nameOf(of);
  const lasted = duration(of.endedAt - of.since);
  const how =
    instance === undefined
      ? unseen(of)
      : instance.state === 'running'
        ? 'is fine again'
        : `is ${instance.state}, as somebody wanted`;
  return {
    report: {
      severity: 'critical',
      title: titleOf(trouble, instance ?? of.leftOut ?? { id: of.id, name: '' }),
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

/** Of one that is not listed any more the name may be known still. */
export function nameOf(of: { id: string; instance: Instance | undefined; leftOut?: Instance }): string {
  const known = of.instance ?? of.leftOut;
  return known === undefined ? of.id : label(known);
}

/** Why the watch sees a server no more. */
export function unseen({ leftOut }: { leftOut?: Instance }): string {
  return leftOut === undefined ? 'is gone' : 'is no longer watched (health.tags leaves it out)';
}

function titleOf(trouble: Trouble, of: { id: string; name: string }): string {
  return `${trouble.kind === 'impaired' ? 'EC2 status check failed' : 'EC2 server stopped'} · ${label(of)}`;
}

function whatFails(trouble: Trouble): string {
  if (trouble.kind === 'impaired') return `${trouble.checks.map((check) => checkNames[check]).join(' and ')} impaired`;
  return trouble.by === 'system' ? 'it shut itself down' : `AWS stopped it (${trouble.reason})`;
}

/** What AWS itself says, and what we know beside it. */
function evidence(of: Subject & { trouble: Trouble; since: number; flaps: boolean }): string {
  const { trouble, health, acts, now } = of;
  const planned = (health?.events ?? []).filter(({ completed }) => !completed).map(({ code }) => code);
  return [
    trouble.kind === 'stopped'
      ? `AWS gives the reason ${trouble.reason}`
      : health === undefined
        ? 'its checks could not be read'
        : `system ${health.system}, instance ${health.instance}, EBS ${health.ebs}`,
    ...(of.flaps ? ['it comes and goes'] : []),
    ...since(acts, of.since)
      .slice(0, 3)
      .map(({ kind, at, failed }) => `a ${kind} by us ${duration(now - at)} ago ${failed ? 'failed' : 'did not help'}`),
    ...(planned.length === 0 ? [] : [`AWS plans ${planned.join(', ')} for it`]),
  ].join('; ');
}

/** What must not be done. */
export function careful(never: readonly string[]): readonly Fact[] {
  return never.length === 0 ? [] : [['Careful', never.join(' ')]];
}

export function facts({ instance, place }: Subject): readonly Fact[] {
  return [
    ['Server', `${label(instance)} · ${instance.type} · ${instance.zone}`],
    ['Account and Region', placeLabel(place)],
    ['Owner', ownerOf(instance.tags)],
  ];
}

export function ownerOf(tags: Tags): string {
  return `${tagOf(tags, ['owner', 'team']) ?? 'no tag owner'} · environment ${tagOf(tags, ['env', 'environment', 'stage']) ?? 'not tagged'}`;
}

/** Tags differ in case from team to team. */
function tagOf(tags: Tags, keys: readonly string[]): string | undefined {
  const entries = Object.entries(tags).map(([key, value]) => [key.toLowerCase(), value] as const);
  return keys.map((key) => entries.find(([own]) => own === key)?.[1]).find((value) => value !== undefined);
}

export function hasSnapshot({ snapshots }: Subject): boolean {
  return (snapshots ?? []).length > 0;
}

function groupRemark({ autoScalingGroup }: Instance): readonly Line[] {
  if (autoScalingGroup === undefined) return [];
  return [`It belongs to the Auto Scaling group ${autoScalingGroup}, which replaces servers that fail their checks.`];
}

export function remedy(cure: Cure, { instance, flags }: Pick<Subject, 'instance' | 'flags'>): Remedy {
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
