import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cleared, isDown, newState, shownSince, shownState } from '#sites/state.ts';
import { judge, nextCheck } from '#sites/verdict.ts';

import { aFailure, aResult, after, aSite } from './support.ts';

describe('a site', () => {
  it.each([
    ['', 'not checked yet'],
    ['+', 'up'],
    ['-', 'suspect'],
    ['+-', 'suspect'],
    ['+-+', 'up'],
    ['+---', 'suspect'],
    ['+----', 'down'],
    ['+----+', 'recovering'],
    ['+----++', 'recovering'],
    ['+----+++', 'up'],
    ['+----++-', 'down'],
    ['+----++-+++', 'up'],
    ['+-m-m-m', 'suspect'],
    ['+-m-m-m-', 'down'],
    ['+mmmmmm', 'up'],
    ['mmm', 'not checked yet'],
    ['+----+m+m+', 'up'],
  ])('after %s is %s', (signs, state) => {
    expect(shownState(after(signs).state)).toBe(state);
  });

  it('that cannot be checked as it is set up is neither up nor down, however often', () => {
    const site = aSite();
    const down = after('+----', site);
    let { state } = down;
    for (const minute of [1, 2, 3, 4, 5, 6])
      state = judge(state, aFailure(down.at + minute * 60_000, 'setup', 'the variable KEY is not set'), site);

    expect(shownState(state)).toBe('cannot be checked');
    expect(shownSince(state)).toBe(down.at + 60_000);
    expect(isDown(state)).toBe(false);
    expect(state).toMatchObject({ failures: 0, track: '' });
    expect(nextCheck(state, site, { startedAt: 0, endedAt: 0, counted: true })).toBeUndefined();

    const fixed = judge(state, aResult(down.at + 600_000), site);
    expect(shownState(fixed)).toBe('up');
    expect(fixed).toMatchObject({ setup: undefined, upSince: down.at + 600_000 });
  });

  it('is re-checked 5, 20 and 40 s after the first failure, then judged', () => {
    const site = aSite();
    const times = ['-', '--', '---'].map((signs) => after(signs, site).at);

    expect(times).toEqual([5_000, 20_000, 40_000]);
    expect(after('----', site)).toMatchObject({ at: 100_000, state: { phase: 'down', firstFailureAt: 0 } });
  });

  it('that fails slowly is judged no later for it: re-checks count from the first failure', () => {
    const site = aSite();
    let state = judge(newState(), aFailure(0, 'deadline'), site);
    const next = (startedAt: number) =>
      nextCheck(state, site, { startedAt, endedAt: startedAt + 10_000, counted: true });

    expect(next(0)).toBe(5_000);
    state = judge(state, aFailure(10_000, 'deadline'), site);
    expect(next(10_000)).toBe(20_000);
    state = judge(state, aFailure(20_000, 'deadline'), site);
    expect(next(20_000)).toBe(40_000);
    state = judge(state, aFailure(40_000, 'deadline'), site);
    expect(state).toMatchObject({ phase: 'down', firstFailureAt: 0 });
  });

  it('whose re-check was our own fault is asked again after a gap, not at once', () => {
    const site = aSite();
    const { state } = after('-', site);

    expect(nextCheck(state, site, { startedAt: 60_000, endedAt: 60_500, counted: false })).toBe(65_500);
  });

  it('was down from its first failure to the first of the good checks', () => {
    const site = aSite();
    const down = after('+----', site);

    const { state } = after('+++', site, down);

    expect(state.lastOutage).toMatchObject({
      startedAt: 60_000,
      endedAt: down.at,
      cause: { class: 'status', status: 503 },
    });
    expect(state.upSince).toBe(down.at);
  });

  it('recovers at once where one good check is enough', () => {
    expect(shownState(after('----+', aSite({ recoverChecks: 1 })).state)).toBe('up');
  });

  it('is cleared of a suspicion that arose while we were blind, and of nothing else', () => {
    expect(shownState(cleared(after('+--').state))).toBe('up');
    expect(shownState(cleared(after('--').state))).toBe('not checked yet');
    expect(shownState(cleared(after('----').state))).toBe('down');
    expect(after('---', aSite(), { state: cleared(after('+--').state) }).state.phase).toBe('suspect');
  });

  it('is never down without four failures in a row, and always with them', () => {
    const signs = fc.string({ unit: fc.constantFrom('+', '-', 'm'), maxLength: 60 });
    fc.assert(
      fc.property(signs, (text) => {
        const counted = text.replaceAll('m', '');
        const { phase } = after(text).state;
        expect(phase === 'down' && !counted.includes('----')).toBe(false);
        expect(counted.endsWith('----') && phase !== 'down').toBe(false);
        expect(counted.endsWith('+++') && phase !== 'up').toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('is judged the same with and without faults of our own in between', () => {
    const signs = fc.array(fc.constantFrom('+', '-'), { maxLength: 40 });
    fc.assert(
      fc.property(signs, fc.array(fc.nat(40)), (list, places) => {
        const mixed: string[] = [...list];
        for (const place of places) mixed.splice(place % (mixed.length + 1), 0, 'm');
        const strip = ({ phase, failures, goods, track, clean }: ReturnType<typeof newState>) => ({
          phase,
          failures,
          goods,
          track,
          clean,
        });

        expect(strip(after(mixed.join('')).state)).toEqual(strip(after(list.join('')).state));
      }),
    );
  });
});

describe('a slow site', () => {
  const site = aSite({ slowMs: 1_000 });
  const times = (list: readonly number[], from = newState()) =>
    list.reduce((state, ms, at) => judge(state, aResult(at * 60_000, { ms }), site), from);

  it('is degraded by the median of five, not by one slow answer', () => {
    expect(shownState(times([50, 5_000, 50, 50, 50]))).toBe('up');
    expect(shownState(times([1_100, 1_100]))).toBe('up');
    expect(shownState(times([50, 1_100, 1_100, 50, 1_100]))).toBe('degraded');
  });

  it('is fast again only well below its limit', () => {
    const slow = times([2_000, 2_000, 2_000, 2_000, 2_000]);

    expect(shownState(times([900, 900, 900, 900, 900], slow))).toBe('degraded');
    expect(shownState(times([700, 700, 700], slow))).toBe('up');
  });

  it('stays so through a suspicion, and no longer when it is down or has no limit any more', () => {
    const slow = times([2_000, 2_000, 2_000, 2_000, 2_000]);

    expect(after('-+', site, { state: slow }).state.slowSince).toBeDefined();
    expect(after('----', site, { state: slow }).state.slowSince).toBeUndefined();
    expect(judge(slow, aResult(0, { ms: 2_000 }), aSite()).slowSince).toBeUndefined();
  });
});

describe('an intermittent site', () => {
  it('is one that failed in four bursts within thirty checks', () => {
    expect(shownState(after('+-+-+-+').state)).toBe('up');
    expect(shownState(after('+-+-+-+-+').state)).toBe('intermittent');
    expect(shownState(after('+--+--+--+--+').state)).toBe('intermittent');
    expect(shownState(after(`+-+-+-${'+'.repeat(30)}-+`).state)).toBe('up');
  });

  it('is steady again after thirty checks without a new burst', () => {
    const { state, at } = after('+-+-+-+-+');

    expect(shownState(after('+'.repeat(28), aSite(), { state, at }).state)).toBe('intermittent');
    expect(shownState(after('+'.repeat(29), aSite(), { state, at }).state)).toBe('up');
  });

  it('that goes down is quiet for five minutes, then no longer', () => {
    const start = after('+-+-+-+-+');
    const down = after('----', aSite(), start);

    expect(down.state).toMatchObject({ phase: 'down', quiet: true });
    expect(after('----', aSite(), down).state.quiet).toBe(true);
    expect(after('-----', aSite(), down).state.quiet).toBe(false);
    expect(after('+++', aSite(), down).state).toMatchObject({ phase: 'up', quiet: false });
  });
});

describe('the certificate of a site', () => {
  const shown = (name: string, days: number) => ({ fingerprint: name, validTo: days * 86_400_000 });
  const see = (list: readonly ReturnType<typeof shown>[]) =>
    list.reduce((state, certificate, at) => judge(state, aResult(at, { certificate }), aSite()), newState())
      .certificate;

  it('is the one that ends first, as long as any server still shows it', () => {
    const [old, young] = [shown('old', 5), shown('young', 90)];

    expect(see([old, young, young, old, young])).toMatchObject({ fingerprint: 'old' });
    expect(see([young, old])).toMatchObject({ fingerprint: 'old' });
    expect(see([old, ...Array.from({ length: 9 }, () => young)])).toMatchObject({ fingerprint: 'old' });
    expect(see([old, ...Array.from({ length: 10 }, () => young)])).toMatchObject({ fingerprint: 'young' });
  });

  it('is not forgotten while the site does not answer', () => {
    const { state } = after('-'.repeat(20), aSite(), {
      state: judge(newState(), aResult(0, { certificate: shown('a', 5) }), aSite()),
    });

    expect(state.certificate?.fingerprint).toBe('a');
  });
});
