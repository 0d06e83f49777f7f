import type { Site } from '#ports/settings.ts';

import type { SiteState } from './verdict.ts';

/** What can be wrong with a site; each is an incident of its own. */
export const topics = ['down', 'slow', 'intermittent', 'certificate'] as const;
export type Topic = (typeof topics)[number];

/**
 * What people were told about a site. `mark` names exactly what: another mark is news. `sent` is false from before the
 * telling until it succeeded, so that a crash in between repeats it and loses nothing. `over`: told that it ended.
 */
export type Told = {
  readonly [topic in Topic]?: { mark: string; sent: boolean; at: number; over: boolean } | undefined;
};

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

/**
 * What people must still be told, given what they were told. `server` names what is known of the server behind the site:
 * when that changes, the buttons do. Pure; the same until `told` says that it was done.
 */
export function owed(of: { state: SiteState; told: Told; site: Site; now: number; server: string }): readonly Owed[] {
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

/** The cause may change from check to check; that is news only now and then. */
function downWanted({ state, told, now, server }: Of): Wanted | undefined | 'as it is' {
  if ((state.phase !== 'down' && state.phase !== 'recovering') || state.quiet) return undefined;
  const startedAt = state.firstFailureAt ?? now;
  const { class: kind = '', status = 0 } = state.cause ?? {};
  const mark = [startedAt, server, `${kind} ${Math.floor(status / 100)}`].join('|');
  const before = told.down;
  const same = before !== undefined && before.sent && !before.over && before.mark.startsWith(`${startedAt}|${server}|`);
  return same && before.mark !== mark && now - before.at < causeNewsMs ? 'as it is' : { mark, startedAt };
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
