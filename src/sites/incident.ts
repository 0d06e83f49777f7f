import type { Site } from '#ports/site-settings.ts';

import type { Relation } from './kin.ts';
import { isDown, type SiteState } from './state.ts';

/** What can be wrong with a site; each is an incident of its own. */
export const topics = ['down', 'slow', 'intermittent', 'certificate'] as const;
export type Topic = (typeof topics)[number];

/**
 * What people were told about a site. `mark` names exactly what: another mark is news. `sent` is false from before the
 * telling until it succeeded, so that a crash in between repeats it and loses nothing. `over`: told that it ended.
 * `follows`: it is told in the message of that site, for the reason `by`.
 */
export type Told = { readonly [topic in Topic]?: ToldOf | undefined };
export type ToldOf = {
  mark: string;
  sent: boolean;
  at: number;
  over: boolean;
  follows?: string | undefined;
  by?: Relation | undefined;
};
/** A site that is told in another one's message; `down` false: it is up again. */
export type Follower = { name: string; by: Relation; down: boolean; since: number };

export type Owed =
  /** `first`: a new incident, not news about one that is open. */
  | { topic: Topic; act: 'raise'; mark: string; startedAt: number; first: boolean }
  | { topic: Topic; act: 'resolve'; endedAt: number };

const dayMs = 86_400_000;
/** Longest time a card may show a cause that is no longer the newest. */
const causeNewsMs = 10 * 60_000;

export function keyOf(topic: Topic, site: string): string {
  return topic === 'down' ? `site:${site}` : `${topic}:${site}`;
}

/** The site of such a key whose checks tell of it. */
export function siteOf(key: string): string | undefined {
  return /^(?:site|slow|intermittent):(.+)$/s.exec(key)?.[1];
}

/**
 * What people must still be told, given what they were told. `server` names what is known of the server behind the site:
 * when that changes, the buttons do. Pure; the same until `told` says that it was done.
 */
export function owed(of: {
  state: SiteState;
  told: Told;
  site: Site;
  now: number;
  server: string;
  /** The sites in its message. */
  followers?: readonly Follower[];
}): readonly Owed[] {
  return topics.flatMap((topic): Owed[] => {
    const told = of.told[topic];
    const open = told !== undefined && !told.over;
    const wanted = wantedOf(topic, of);
    if (wanted === 'as it is') return [];
    if (wanted === undefined) return open ? [{ topic, act: 'resolve', endedAt: endOf(topic, of) }] : [];
    if (open && told.sent && told.mark === wanted.mark) return [];
    return [{ topic, act: 'raise', ...wanted, first: !open }];
  });
}

type Of = Parameters<typeof owed>[0];
type Wanted = { mark: string; startedAt: number };

function wantedOf(topic: Topic, of: Of): Wanted | undefined | 'as it is' {
  const { state } = of;
  switch (topic) {
    case 'down':
      return downWanted(of);
    case 'slow':
      return since(state.slowSince);
    case 'intermittent':
      return since(state.intermittentSince);
    case 'certificate':
      return certificateWanted(of);
  }
}

/**
 * The message lasts while the site is down, or one that only shares something with it, unless its own site cannot be checked
 * any more: then the others are told anew. The cause may change from check to
 * check; that is news only now and then.
 */
function downWanted({ state, told, now, server, followers = [] }: Of): Wanted | undefined | 'as it is' {
  const before = told.down;
  const open = before !== undefined && !before.over;
  const own = isDown(state) && !state.quiet;
  const others = open && state.setup === undefined && followers.some(({ by, down }) => down && by !== 'parent');
  if (!own && !others) return undefined;
  // What answers again and was never told is not news any more.
  if (!open && state.phase === 'recovering') return 'as it is';
  const startedAt = Math.min(state.firstFailureAt ?? now, ...followers.map(({ since }) => since));
  const { class: kind = '', status = 0 } = state.cause ?? {};
  const company = followers.map(({ name, down }) => `${down ? '' : '-'}${name}`).toSorted();
  const known = [own ? state.firstFailureAt : 'up', server, company.join(',')].join('|');
  const mark = `${known}|${kind} ${Math.floor(status / 100)}`;
  const same = open && before.sent && before.mark.startsWith(`${known}|`);
  return same && before.mark !== mark && now - before.at < causeNewsMs ? 'as it is' : { mark, startedAt };
}

/**
 * What was told, after planned work: what is wrong in the same way as before counts as told. Pure.
 */
export function sameAsBefore(of: Of): Told {
  return topics.reduce<Told>((told, topic) => {
    const before = of.told[topic];
    const wanted = wantedOf(topic, of);
    const same = before?.sent === true && !before.over && wanted !== undefined && wanted !== 'as it is';
    return same && topic !== 'certificate' ? { ...told, [topic]: { ...before, mark: wanted.mark } } : told;
  }, of.told);
}

function since(at: number | undefined): Wanted | undefined {
  return at === undefined ? undefined : { mark: String(at), startedAt: at };
}

/** Told once per certificate and threshold, and never twice a day. */
function certificateWanted({ state, told, site, now }: Of): Wanted | undefined | 'as it is' {
  const reached = thresholdOf(state.certificate, site.certificateDays, now);
  if (state.certificate === undefined || reached === undefined) return undefined;
  const mark = `${state.certificate.fingerprint}:${reached}`;
  const before = told.certificate;
  const wanted = { mark, startedAt: now };
  if (before === undefined || !before.sent || (before.mark === mark && !before.over)) {
    // The outage says it already.
    return before === undefined && state.cause?.class === 'cert' ? 'as it is' : wanted;
  }
  return now - before.at < dayMs ? 'as it is' : wanted;
}

/** The smallest of `days` before its end that the certificate has reached; undefined when none. */
export function thresholdOf(
  certificate: SiteState['certificate'],
  days: readonly number[],
  now: number,
): number | undefined {
  if (certificate === undefined) return undefined;
  const reached = days.filter((day) => certificate.validTo - now <= day * dayMs);
  return reached.length === 0 ? undefined : Math.min(...reached);
}

function endOf(topic: Topic, { state, now }: Of): number {
  return topic === 'down' && state.phase === 'up' ? (state.lastOutage?.endedAt ?? now) : now;
}
