import type { Probe } from './web.ts';

/**
 * Why a place has no say: it is not connected, did not answer in time, reaches nothing itself, has too much to do, or may
 * not look there (a private address, a secret that it does not have).
 */
export const silences = ['missing', 'late', 'blind', 'busy', 'not allowed'] as const;
export type Silence = (typeof silences)[number];

/** What one look from a place showed; `nothing` is no vote. */
export type Look = { saw: 'up' | 'down' } | { saw: 'nothing'; why: Silence };
export type Sighting = Look & { from: string };

/** A question that is on its way. */
export type Question = {
  /** Of every other place; those that have not answered within `withinMs` of this call are `late`. Never rejects. */
  answers: (withinMs: number) => Promise<readonly Sighting[]>;
};

/** `seenAt`: when it was last heard of, epoch ms; undefined: never since this process started. */
export type VantagePoint = { name: string; kind: 'agent' | 'replica'; here: boolean; seenAt: number | undefined };

/** Other places that can look at a site. */
export type Vantage = {
  /** What this place is called on cards. */
  name: string;
  /**
   * All of them look once, at once; no more than this process may ask. The question is over `lastsMs` later. Never
   * throws. With no other place the answer is empty, at once.
   */
  ask: (probe: Probe, lastsMs: number) => Question;
  /** Every other place that should be there. */
  points: () => readonly VantagePoint[];
};
