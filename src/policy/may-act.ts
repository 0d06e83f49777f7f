import type { AutoRule } from '#ports/site-settings.ts';

/** One try of a remedy without a person. `void`: nothing was done, because it was no longer needed. */
export type Try = {
  at: number;
  incident: string;
  rule: string;
  end: 'open' | 'helped' | 'failed' | 'void' | 'refused';
};

export type Facts = {
  now: number;
  incident: { id: string; startedAt: number; taken: boolean };
  /** The remedies that fit, the gentlest first, each with what allows it. */
  remedies: readonly {
    rule: string;
    auto: AutoRule | undefined;
    /** Its window is not open. */
    shut?: boolean;
    /** Tries in 24 h that count against `perDay`, where those of other things do too. */
    today?: number;
  }[];
  /** Of the same thing (a site, a server), the newest last. */
  tries: readonly Try[];
  /** A run of a person for this incident waits or works. */
  busy: boolean;
  /** Everything automatic was stopped; the name of the freeze that lasts; several things fail together. */
  stopped: boolean;
  freeze: string | undefined;
  several: boolean;
  /** Our own network is down, so nobody knows how anything is. */
  blind: boolean;
};

/** `people`: Deckhand has done what it may, and it did not help. */
export type Ruling = { kind: 'act'; rule: string } | { kind: 'wait'; why: string } | { kind: 'people'; why: string };

export const dayMs = 24 * 3_600_000;
/** Source: facts of peers; see docs/remedies.md. */
const mostFailed = 2;

/**
 * May Deckhand act by itself now, and how? Default is no: a remedy that deckhand.yml does not allow is never tried. Pure.
 */
export function mayAct(facts: Facts): Ruling {
  const { now, incident, tries } = facts;
  const allowed = facts.remedies.filter((one): one is Allowed => one.auto !== undefined);
  if (allowed.length === 0) return { kind: 'wait', why: 'not allowed' };
  const here = tries.filter((one) => one.incident === incident.id);
  if (tries.some(({ end }) => end === 'open')) return { kind: 'wait', why: 'a try has not ended' };
  if (here.some(({ end }) => end === 'refused')) return { kind: 'people', why: 'somebody said no' };
  if (here.filter(({ end }) => end === 'failed').length >= mostFailed)
    return { kind: 'people', why: 'two tries were no help' };
  const left = allowed.filter(({ rule, auto }) => count(here, rule) < auto.perIncident);
  if (left.length === 0) return { kind: 'people', why: 'nothing else may be tried in this incident' };
  const obstacle = obstacleOf(facts);
  if (obstacle !== undefined) return { kind: 'wait', why: obstacle };
  const today = tries.filter(({ at }) => now - at < dayMs);
  const open = left.filter((one) => (one.today ?? count(today, one.rule)) < one.auto.perDay);
  if (open.length === 0) return { kind: 'people', why: 'nothing else may be tried today' };
  const last = Math.max(...tries.map(({ at }) => at));
  const ripe = open.find(
    ({ auto, shut }) => shut !== true && now - incident.startedAt >= auto.afterMs && now - last >= auto.coolDownMs,
  );
  return ripe === undefined ? { kind: 'wait', why: 'too early' } : { kind: 'act', rule: ripe.rule };
}

type Allowed = Facts['remedies'][number] & { auto: AutoRule };

function count(tries: readonly Try[], rule: string): number {
  return tries.filter((one) => one.rule === rule).length;
}

/** Why nothing is begun by itself at this moment, whatever might be tried. Pure. */
export function obstacleOf({ blind, stopped, freeze, several, busy, incident }: Facts): string | undefined {
  if (blind) return 'Deckhand itself sees nothing';
  if (stopped) return 'automatic work is paused';
  if (freeze !== undefined) return `freeze: ${freeze}`;
  if (several) return 'several fail together';
  if (busy) return 'a person is at it';
  return incident.taken ? 'a person has taken it' : undefined;
}
