import { count, duration, some } from '#lib/format.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';
import type { Silence } from '#ports/vantage.ts';

import { list } from './facts.ts';
import type { Words } from './messages.ts';
import type { Sight } from './second-look.ts';
import type { SiteState } from './state.ts';

/** Words about what other places see. */

/** `from 2 of 3: office and frankfurt; up from virginia`. */
export function places({ down, up, silent }: Sight): string {
  const none = silent.map(({ from, why }) => `${from} (${reasons[why]})`);
  const noAnswer = none.length === 0 ? [] : [`no answer from ${list(none)}`];
  if (down.length + up.length === 1) return `from ${down.join('')} alone; not confirmed: ${noAnswer.join('')}`;
  const of = `from ${down.length} of ${down.length + up.length}: ${list(down)}`;
  return [of, ...(up.length === 0 ? [] : [`up from ${list(up)}`]), ...noAnswer].join('; ');
}

const reasons: Record<Silence, string> = {
  missing: 'not connected',
  late: 'not in time',
  blind: 'reaches nothing itself',
  busy: 'too busy',
  'not allowed': 'may not look there',
};

export function sightFact({ sight }: SiteState): readonly (readonly [string, string])[] {
  return sight === undefined ? [] : [['Seen down', places(sight)]];
}

/** Beside a site that is not down for the others. */
export function onlyFrom({ down, up }: Sight): string {
  return `down only from ${list(down)}; up from ${list(up)}, so nobody is told`;
}

/** For the history of a site. */
export function wasAlone({ since, until, sight }: NonNullable<SiteState['alone']>): Line {
  const end = until === undefined ? [' until now'] : [' to ', { at: until, style: 'datetime' } as const];
  return [
    `Down only from ${list(sight.down)}, the last time `,
    { at: since, style: 'datetime' },
    ...end,
    `; up from ${list(sight.up)}, so nobody was told and it counts as up.`,
  ];
}

export function alone(of: { here: string; sites: readonly string[]; up: readonly string[] }): Words {
  const text = `${count(of.sites.length, 'site fails', 'sites fail')} only from ${of.here}`;
  const report: Report = {
    severity: 'warning',
    title: `The network of ${of.here}`,
    alert: text,
    facts: [
      ['Only here', some(of.sites, 20)],
      ['Up from', list(of.up)],
    ],
    detail: [
      'Other places see them up, so most likely the network between here and them is in trouble, and no site is told as down.',
      `Look at the network, the DNS and the routes of the machine that runs Deckhand (${of.here}).`,
    ],
    remedies: [],
  };
  return { report, note: `${text}: ${some(of.sites, 20)}.` };
}

export function aloneOver(here: string): Words {
  const text = `No site fails only from ${here} any more`;
  const report: Report = {
    severity: 'warning',
    title: `The network of ${here}`,
    alert: text,
    facts: [],
    detail: [`${text}.`],
    remedies: [],
  };
  return { report, note: `${text}.` };
}

export function missing(points: readonly { name: string; seenAt: number | undefined }[], now: number): Words {
  const names = list(points.map(({ name }) => name));
  const text = `${points.length === 1 ? 'Vantage point' : 'Vantage points'} ${names} ${points.length === 1 ? 'is' : 'are'} missing`;
  const last = points.map(({ name, seenAt }) =>
    seenAt === undefined
      ? `${name}: not since Deckhand started`
      : `${name}: last heard of ${duration(now - seenAt)} before this`,
  );
  const report: Report = {
    severity: 'info',
    title: 'Vantage points',
    alert: text,
    facts: [['Missing', last.join('; ')]],
    detail: [
      'Outages are told as before; with fewer places to confirm them, or none, as the card then says.',
      'Look at the log of its process: it says why it cannot connect. What is gone for good is taken out under `vantage` in deckhand.yml.',
    ],
    remedies: [],
  };
  return { report, note: `${text}.` };
}

export function allThere(): Words {
  const text = 'Every vantage point is there again';
  const report: Report = {
    severity: 'info',
    title: 'Vantage points',
    alert: text,
    facts: [],
    detail: [`${text}.`],
    remedies: [],
  };
  return { report, note: `${text}.` };
}
