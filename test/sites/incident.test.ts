import { describe, expect, it } from 'vitest';

import { type Owed, owed, type Told } from '#sites/incident.ts';
import { judge, newState, nextCheck, type SiteState } from '#sites/verdict.ts';

import { aFailure, aResult, after, aSite } from './support.ts';

const site = aSite();
const day = 86_400_000;
const ask = (state: SiteState, told: Told = {}, now = 0, server = '') => owed({ state, told, site, now, server });

/** Does what is owed, as the watch would. */
function tell(items: readonly Owed[], told: Told, now: number): Told {
  return items.reduce<Told>((all, item) => {
    const before = all[item.topic];
    const entry =
      item.act === 'raise'
        ? { mark: item.mark, sent: true, at: now, over: false }
        : { mark: before?.mark ?? '', at: before?.at ?? now, sent: true, over: true };
    return { ...all, [item.topic]: entry };
  }, told);
}

describe('what is owed', () => {
  it('is nothing for a site that is up, suspected or not yet checked', () => {
    for (const signs of ['', '+', '+---', '+-+']) expect(ask(after(signs).state)).toEqual([]);
  });

  it('is one incident from the first failure for a site that is down, and its end after the recovery', () => {
    const down = after('+----');
    const items = ask(down.state, {}, down.at);
    expect(items).toMatchObject([{ topic: 'down', act: 'raise', startedAt: 60_000, first: true }]);

    const told = tell(items, {}, down.at);
    expect(ask(down.state, told, down.at)).toEqual([]);
    expect(ask(after('++', site, down).state, told, down.at)).toEqual([]);
    const up = after('+++', site, down);

    expect(ask(up.state, told, up.at)).toEqual([{ topic: 'down', act: 'resolve', endedAt: down.at }]);
    expect(ask(up.state, tell(ask(up.state, told, up.at), told, up.at), up.at)).toEqual([]);
  });

  it('is owed again until it was sent', () => {
    const { state, at } = after('----');
    const told = tell(ask(state, {}, at), {}, at);

    expect(ask(state, { down: { ...told.down!, sent: false } }, at)).toMatchObject([{ act: 'raise', first: false }]);
  });

  it('is news when the server behind it changes, and when the cause does, the latter every ten minutes at most', () => {
    const { state, at } = after('----');
    const told = tell(ask(state, {}, at, 'i-1 running'), {}, at);
    const other = judge(state, aFailure(at, 'refused', 'connection refused'), site);

    expect(ask(state, told, at, 'i-1 stopped')).toMatchObject([{ topic: 'down', act: 'raise', first: false }]);
    expect(ask(other, told, at + 9 * 60_000, 'i-1 running')).toEqual([]);
    expect(ask(other, told, at + 10 * 60_000, 'i-1 running')).toMatchObject([{ act: 'raise' }]);
  });

  it('is silence for a short outage of a site that comes and goes', () => {
    const start = after('+-+-+-+-+');
    const told = tell(ask(start.state, {}, start.at), {}, start.at);
    expect(Object.keys(told)).toEqual(['intermittent']);

    const down = after('----', site, start);
    expect(ask(down.state, told, down.at)).toEqual([]);
    expect(ask(after('+++', site, down).state, told, down.at)).toEqual([]);
    const long = after('-----', site, down);

    expect(ask(long.state, told, long.at)).toMatchObject([{ topic: 'down', act: 'raise' }]);
  });
});

describe('a certificate', () => {
  const withEnd = (validTo: number, fingerprint = 'AA') =>
    judge(newState(), aResult(0, { certificate: { validTo, fingerprint } }), site);
  const now = 1_000 * day;

  it('is told at each of its thresholds, once, and over when a new one is there', () => {
    const state = withEnd(now + 21 * day);
    let told: Told = {};
    const days: number[] = [];
    for (let hour = 0; hour <= 22 * 24; hour++) {
      const items = ask(state, told, now + hour * 3_600_000);
      if (items.length > 0) days.push(Math.round(hour / 24));
      told = tell(items, told, now + hour * 3_600_000);
    }
    expect(days).toEqual([0, 14, 20]);

    expect(ask(withEnd(now + 400 * day, 'BB'), told, now + 22 * day)).toMatchObject([
      { topic: 'certificate', act: 'resolve' },
    ]);
  });

  it('is not told while far from its end, and never twice within a day', () => {
    expect(ask(withEnd(now + 22 * day), {}, now)).toEqual([]);
    const told = tell(ask(withEnd(now + 7.1 * day), {}, now), {}, now);
    expect(told.certificate?.mark).toBe('AA:21');

    expect(ask(withEnd(now + 7.1 * day), told, now + 0.5 * day)).toEqual([]);
    expect(ask(withEnd(now + 5 * day, 'CC'), told, now + 0.9 * day)).toEqual([]);
    expect(ask(withEnd(now + 7.1 * day), told, now + 1.1 * day)).toMatchObject([{ mark: 'AA:7' }]);
  });

  it('that made the site down is told by the outage alone', () => {
    const expired = { validTo: now - day, fingerprint: 'AA' };
    const state = [0, 1, 2, 3].reduce(
      (before, at) => judge(before, { ...aFailure(at, 'cert', 'expired'), certificate: expired }, site),
      newState(),
    );

    expect(ask(state, {}, now).map(({ topic }) => topic)).toEqual(['down']);
  });
});

describe('a sick site', () => {
  /** One day of a site of which each check fails with 30 %; messages are new posts, edits are not. */
  function oneDay(random: () => number): number {
    let state = newState();
    let told: Told = {};
    let posts = 0;
    for (let at = 0; at < day;) {
      state = judge(state, random() < 0.3 ? aFailure(at) : aResult(at), site);
      const items = ask(state, told, at);
      posts += items.length;
      told = tell(items, told, at);
      at = nextCheck(state, site, { startedAt: at, endedAt: at, counted: true }) ?? at + site.intervalMs;
    }
    return posts;
  }

  it('makes a handful of messages a day, not hundreds', () => {
    const days = Array.from({ length: 40 }, (_, seed) => oneDay(randomFrom(seed + 1)));

    const mean = days.reduce((sum, posts) => sum + posts, 0) / days.length;
    expect(mean).toBeGreaterThan(0.9);
    expect(mean).toBeLessThan(6);
    expect(Math.max(...days)).toBeLessThan(25);
  });
});

/** Mulberry32: repeatable numbers from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed * 0x9e37_79b9;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
