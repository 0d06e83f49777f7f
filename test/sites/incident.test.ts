import { describe, expect, it } from 'vitest';

import { type Owed, owed, type Told } from '#sites/incident.ts';
import { newState, type SiteState } from '#sites/state.ts';
import { judge } from '#sites/verdict.ts';

import { counting, deckhand, simulate } from './simulation.ts';
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

describe('the defaults', () => {
  const size = { sites: 300, days: 30, seed: 7 };
  const ours = simulate(deckhand('Deckhand'), size);
  const kuma = simulate(counting('Uptime Kuma', 1, 1), size);
  const gatus = simulate(counting('Gatus', 3, 2), size);

  it('notice an outage within 75 s on average and miss none, twice as soon as three failures a minute apart', () => {
    expect(ours.detectionMeanS).toBeLessThan(75);
    expect(ours.detectionMeanS).toBeLessThan(gatus.detectionMeanS / 1.8);
    expect(ours.missed).toBe(0);
  });

  it('raise at most two false alarms per 1,000 sites and day, where one failure raises more than a thousand', () => {
    expect(ours.falseAlarmsPer1000Day).toBeLessThanOrEqual(2);
    expect(kuma.falseAlarmsPer1000Day).toBeGreaterThan(1_000);
  });

  it('make at most five messages a day of a site that fails 30 % of its checks, where others make ten times as many', () => {
    expect(ours.messagesPerDayAt30).toBeGreaterThan(0.9);
    expect(ours.messagesPerDayAt30).toBeLessThan(5);
    expect(gatus.messagesPerDayAt30).toBeGreaterThan(40);
  });

  it('raise fewer false alarms where two of three places must agree, and notice outages as soon', () => {
    const agreed = simulate(deckhand('Deckhand, 2 of 3', {}, 2), size);

    expect(agreed.falseAlarmsPer1000Day).toBeLessThan(0.8 * ours.falseAlarmsPer1000Day);
    expect(agreed.detectionMeanS).toBeLessThan(75);
    expect(agreed.missed).toBe(0);
  });

  it('need hardly more checks', () => {
    expect(ours.checksPerSiteDay).toBeLessThan(1.01 * gatus.checksPerSiteDay);
  });

  it('are simulated truly: a good check of a steady site changes nothing but the time and the count of good ones', () => {
    const steady = after('+'.repeat(40));

    const { checkedAt, clean, ...more } = judge(steady.state, aResult(steady.at), site);

    expect({ ...more, checkedAt: steady.state.checkedAt, clean: steady.state.clean }).toEqual(steady.state);
    expect([checkedAt, clean]).toEqual([steady.at, steady.state.clean + 1]);
  });
});
