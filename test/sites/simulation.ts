import type { Site } from '#ports/site-settings.ts';
import { owed, type Told } from '#sites/incident.ts';
import { sightOf } from '#sites/second-look.ts';
import { newState, type SiteState } from '#sites/state.ts';
import { isDecided, judge, nextCheck } from '#sites/verdict.ts';

import { aFailure, aResult, aSite } from './support.ts';

/** What a site goes through, as far as nobody knows better: guesses, so that the comparison counts and not the values. */
export const assumptions = {
  blipsPerDay: 2,
  blipMeanMs: 8_000,
  /** Blips on the way from one place to the site, which no other place sees. Each other place has as many of its own. */
  localShare: 0.5,
  outagesPerDay: 1 / 30,
  outageMs: { least: 5 * 60_000, most: 30 * 60_000 },
  noisePerCheck: 0.001,
  /** An alert this long after an outage still belongs to it. */
  afterMs: 5_000,
  sickShare: 0.3,
} as const;

/** Whether so many other places find the site well at this moment. */
type Elsewhere = (places: number) => readonly boolean[];

/** One way to decide; checks take no time. `steady`: a good check changes nothing of it any more. */
export type Policy<S> = {
  name: string;
  intervalMs: number;
  start: S;
  check: (
    state: S,
    ok: boolean,
    at: number,
    elsewhere: Elsewhere,
  ) => { state: S; next: number | undefined; sent: number; alert: boolean };
  isSteady: (state: S) => boolean;
};
export type Outcome = {
  policy: string;
  falseAlarmsPer1000Day: number;
  detectionMeanS: number;
  detectionP95S: number;
  missed: number;
  messagesPerDayAt30: number;
  checksPerSiteDay: number;
};

const dayMs = 86_400_000;

type Ours = { state: SiteState; told: Told };

/**
 * Deckhand as it runs: the very functions of the product. Every opening and every end counts as a message. `places`: others
 * that look when a check would decide, of which one must agree.
 */
export function deckhand(name: string, change: Partial<Site> = {}, places = 0): Policy<Ours> {
  const site = aSite(change);
  return {
    name,
    intervalMs: site.intervalMs,
    start: { state: newState(), told: {} },
    check({ state: before, told: known }, ok, at, elsewhere) {
      const asked = places > 0 && !ok && isDecided(before, site);
      const others = elsewhere(asked ? places : 0).map(
        (up, nr) => ({ from: `place ${nr}`, saw: up ? 'up' : 'down' }) as const,
      );
      const state = judge(before, ok ? aResult(at) : aFailure(at), site, sightOf('here', others, 2));
      const items = owed({ state, told: known, site, now: at, server: '' });
      const told = items.reduce<Told>((all, item) => {
        const { mark = '' } = all[item.topic] ?? {};
        const over = item.act === 'resolve';
        return { ...all, [item.topic]: { mark: over ? mark : item.mark, sent: true, at, over } };
      }, known);
      const next = nextCheck(state, site, { startedAt: at, endedAt: at, counted: true });
      const news = items.filter((item) => item.act === 'resolve' || item.first);
      return { state: { state, told }, next, sent: news.length, alert: news.some(({ act }) => act === 'raise') };
    },
    isSteady: ({ state: { phase, track, intermittentSince } }) =>
      phase === 'up' && intermittentSince === undefined && !track.includes('-'),
  };
}

type Counting = { down: boolean; failures: number; goods: number };

/** `fails` failures in a row are down, `recovers` good checks in a row up again: what Uptime Kuma and Gatus do. */
export function counting(name: string, fails: number, recovers: number): Policy<Counting> {
  return {
    name,
    intervalMs: 60_000,
    start: { down: false, failures: 0, goods: 0 },
    check({ down, failures, goods }, ok) {
      const now = { failures: ok ? 0 : failures + 1, goods: ok ? goods + 1 : 0 };
      const turned = down ? now.goods >= recovers : now.failures >= fails;
      const state = { down: down !== turned, ...now };
      return { state, next: undefined, sent: turned ? 1 : 0, alert: turned && !down };
    },
    isSteady: ({ down, failures }) => !down && failures === 0,
  };
}

/** Runs one policy over `sites` sites for `days` days, and over 200 sick days. The same seed gives the same answer. */
export function simulate<S>(policy: Policy<S>, of: { sites: number; days: number; seed: number }): Outcome {
  const random = randomFrom(of.seed);
  const detections: number[] = [];
  const total = { falseAlarms: 0, missed: 0, checks: 0 };
  for (let nr = 0; nr < of.sites; nr++) {
    const life = aLife(random, of.days * dayMs);
    const { alerts, checks } = live(policy, life, random);
    total.checks += checks;
    for (const outage of life.outages.filter(({ to }) => to < life.lengthMs)) {
      const alert = alerts.find((at) => at >= outage.from && at <= outage.to + assumptions.afterMs);
      if (alert === undefined) total.missed++;
      else detections.push((alert - outage.from) / 1_000);
    }
    total.falseAlarms += alerts.filter(
      (at) => !life.outages.some(({ from, to }) => at >= from && at <= to + assumptions.afterMs),
    ).length;
  }
  const siteDays = of.sites * of.days;
  const sick = Array.from({ length: 200 }, () => sickDay(policy, random));
  return {
    policy: policy.name,
    falseAlarmsPer1000Day: (total.falseAlarms / siteDays) * 1_000,
    detectionMeanS: mean(detections),
    detectionP95S: detections.toSorted((a, b) => a - b)[Math.floor(detections.length * 0.95)] ?? 0,
    missed: total.missed,
    messagesPerDayAt30: mean(sick),
    checksPerSiteDay: total.checks / siteDays,
  };
}

type Span = { from: number; to: number; local?: boolean };
type Life = { lengthMs: number; phaseMs: number; outages: readonly Span[]; bad: readonly Span[] };

function aLife(random: () => number, lengthMs: number): Life {
  const blips = spans(
    random,
    lengthMs,
    assumptions.blipsPerDay,
    () => -Math.log(1 - random()) * assumptions.blipMeanMs,
  );
  const { least, most } = assumptions.outageMs;
  const outages = spans(random, lengthMs, assumptions.outagesPerDay, () => least + random() * (most - least));
  // By turns, so that it takes no random number: a policy without other places sees the same life as before.
  const every = Math.round(1 / assumptions.localShare);
  const bad = [...blips.map((blip, nr) => ({ ...blip, local: nr % every === 0 })), ...outages].toSorted(
    (a, b) => a.from - b.from,
  );
  return { lengthMs, phaseMs: random() * 60_000, outages, bad };
}

function spans(random: () => number, lengthMs: number, perDay: number, lasts: () => number): readonly Span[] {
  const found: Span[] = [];
  for (let at = gap(random, perDay); at < lengthMs; at += gap(random, perDay))
    found.push({ from: at, to: at + lasts() });
  return found;
}

function gap(random: () => number, perDay: number): number {
  return (-Math.log(1 - random()) / perDay) * dayMs;
}

/** Steady stretches are passed over: there a good check changes nothing, and the next bad one is known. */
function live<S>(policy: Policy<S>, life: Life, random: () => number): { alerts: readonly number[]; checks: number } {
  const { intervalMs } = policy;
  const alerts: number[] = [];
  let { start: state } = policy;
  let [at, checks, next] = [life.phaseMs, 0, 0];
  let untilNoise = noiseGap(random);
  const turnAfter = (instant: number) =>
    (Math.floor((instant - life.phaseMs) / intervalMs) + 1) * intervalMs + life.phaseMs;
  while (at < life.lengthMs) {
    while (next < life.bad.length && life.bad[next]!.to <= at) next++;
    const noisy = untilNoise === 0;
    untilNoise = noisy ? noiseGap(random) : untilNoise - 1;
    const faults = life.bad.slice(next, next + 3).filter(({ from, to }) => from <= at && at < to);
    const ok = !noisy && faults.length === 0;
    const isWell = faults.every(({ local }) => local === true);
    const step = policy.check(state, ok, at, elsewhere(isWell, random));
    state = step.state;
    checks++;
    if (step.alert) alerts.push(at);
    at = step.next ?? turnAfter(at);
    if (!ok || step.next !== undefined || !policy.isSteady(state)) continue;
    const event = life.bad[next]?.from ?? life.lengthMs;
    const skipped = Math.max(0, Math.min(untilNoise, Math.floor((event - at) / intervalMs)));
    at += skipped * intervalMs;
    checks += skipped;
    untilNoise -= skipped;
  }
  return { alerts, checks };
}

/** A place sees what is wrong with the site itself, has blips of its own, and a check there fails for no reason too. */
function elsewhere(isWell: boolean, random: () => number): Elsewhere {
  const { blipsPerDay, blipMeanMs, localShare, noisePerCheck } = assumptions;
  const fails = noisePerCheck + (blipsPerDay * localShare * blipMeanMs) / dayMs;
  return (places) => Array.from({ length: places }, () => isWell && random() >= fails);
}

/** Good checks until the next one that fails for no reason. */
function noiseGap(random: () => number): number {
  return Math.floor(Math.log(1 - random()) / Math.log(1 - assumptions.noisePerCheck));
}

/** Messages of a day on which each check fails with 30 %. */
function sickDay<S>(policy: Policy<S>, random: () => number): number {
  let { start: state } = policy;
  let sent = 0;
  for (let at = 0; at < dayMs;) {
    const isWell = () => random() >= assumptions.sickShare;
    const step = policy.check(state, isWell(), at, (places) => Array.from({ length: places }, isWell));
    state = step.state;
    sent += step.sent;
    at = step.next ?? at + policy.intervalMs;
  }
  return sent;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Mulberry32: repeatable numbers from 0 to 1. */
export function randomFrom(seed: number): () => number {
  let state = seed * 0x9e37_79b9;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
