import fc from 'fast-check';
import { describe, it } from 'vitest';

import { type Owed, owed, sameAsBefore, type Told, topics } from '#sites/incident.ts';
import { afterMaintenance, cleared, isDown, newState, type SiteState } from '#sites/state.ts';
import { judge, nextCheck } from '#sites/verdict.ts';

import { aResult, aSite, outcome } from './support.ts';

/** Sites with any parameters, and outcomes as they may come: + good, l good but slow, - failed, m our own fault, s set up so that nothing can be said. */
const anySite = fc
  .record({
    recheckMs: fc.array(fc.integer({ min: 100, max: 60_000 }), { minLength: 1, maxLength: 6 }),
    recoverChecks: fc.integer({ min: 1, max: 6 }),
    intermittent: fc.record({
      changes: fc.integer({ min: 2, max: 10 }),
      checks: fc.integer({ min: 5, max: 60 }),
      tellDownMs: fc.integer({ min: 1_000, max: 3_600_000 }),
    }),
    slowMs: fc.option(fc.constant(1_000), { nil: undefined }),
    degraded: fc.record({ checks: fc.integer({ min: 1, max: 7 }), clear: fc.constant(0.8) }),
  })
  .map(aSite);
const outcomes = fc.string({ unit: fc.constantFrom('+', '+', 'l', 'l', '-', '-', '-', 'm', 's'), maxLength: 150 });

type Step = { state: SiteState; told: Told; at: number; items: readonly Owed[] };

/** Every state of a site that is checked when it asks for it and told of at once. */
function life(signs: string, site: ReturnType<typeof aSite>, from: Partial<Step> = {}): readonly Step[] {
  const steps: Step[] = [];
  let { state, told, at }: Omit<Step, 'items'> = { state: newState(), told: {}, at: 0, ...from };
  for (const sign of signs) {
    state = judge(state, outcome(sign, at), site);
    const items = owed({ state, told, site, now: at, server: '' });
    told = tell(items, told, at);
    steps.push({ state, told, at, items });
    at = nextCheck(state, site, { startedAt: at, endedAt: at, counted: sign !== 'm' }) ?? at + site.intervalMs;
  }
  return steps;
}

function tell(items: readonly Owed[], told: Told, at: number): Told {
  return items.reduce<Told>((all, item) => {
    const mark = item.act === 'raise' ? item.mark : (all[item.topic]?.mark ?? '');
    return { ...all, [item.topic]: { mark, sent: true, at, over: item.act === 'resolve' } };
  }, told);
}

describe('whatever the checks of a site find', () => {
  it('down comes only after as many failures in a row as its re-checks ask for, up only after its good checks', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) => {
        const seen = signs.replaceAll(/[ms]/g, '').replaceAll('l', '+');
        return life(seen, site).every(({ state }, nr) => {
          const before = seen.slice(0, nr + 1);
          const needed = '-'.repeat(site.recheckMs.length + 1);
          if (state.phase === 'down') return before.includes(needed);
          return state.phase !== 'up' || !state.lastOutage || before.includes('+'.repeat(site.recoverChecks));
        });
      }),
    );
  });

  it('its first alert is no sooner than the last re-check, and its start is the first failure', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) => {
        const total = site.recheckMs.reduce((sum, gap) => sum + gap, 0);
        return life(signs, site).every(({ items, at, state }) =>
          items.every(
            (item) =>
              item.topic !== 'down' ||
              item.act === 'resolve' ||
              (item.startedAt === state.firstFailureAt && at - item.startedAt >= total),
          ),
        );
      }),
    );
  });

  it('our own faults change nothing at all', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) =>
        life(signs, site).every(({ state, at }) => judge(state, outcome('m', at), site) === state),
      ),
    );
  });

  it('nothing is told at start, and the same thing is never told twice', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) => {
        const steps = life(signs, site);
        const again = steps.every(
          ({ state, told, at }) => owed({ state, told, site, now: at, server: '' }).length === 0,
        );
        return again && owed({ state: newState(), told: {}, site, now: 0, server: '' }).length === 0;
      }),
    );
  });

  it('what opens ends before it opens again, and only what opened ends', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) => {
        const items = life(signs, site).flatMap((step) => step.items);
        return topics.every((topic) => {
          const acts = items
            .filter((item) => item.topic === topic)
            .flatMap((item) => (item.act === 'resolve' ? ['end'] : item.first ? ['open'] : []));
          return acts.every((act, nr) => act === (nr % 2 === 0 ? 'open' : 'end'));
        });
      }),
    );
  });

  it('the end of blindness leaves nobody under suspicion', () => {
    fc.assert(
      fc.property(anySite, outcomes, (site, signs) =>
        life(signs, site).every(({ state }) => {
          const after = cleared(state);
          return after.phase !== 'suspect' && isDown(after) === isDown(state);
        }),
      ),
    );
  });

  it('planned work that leaves a site as it was is followed by silence', () => {
    fc.assert(
      fc.property(anySite, outcomes, outcomes, (site, before, during) => {
        const start = life(before, site).at(-1) ?? { state: newState(), told: {}, at: 0 };
        const end = life(during, site, { ...start, at: start.at + 1 }).at(-1);
        if (end === undefined) return true;
        const state = afterMaintenance(end.state, start.at + 1);
        const same =
          state.phase === start.state.phase &&
          state.quiet === start.state.quiet &&
          (state.intermittentSince === undefined) === (start.state.intermittentSince === undefined) &&
          (state.slowSince === undefined) === (start.state.slowSince === undefined) &&
          (state.setup === undefined) === (start.state.setup === undefined);
        const of = { state, site, now: end.at, server: '' };
        return !same || owed({ ...of, told: sameAsBefore({ ...of, told: start.told }) }).length === 0;
      }),
    );
  });

  it('a certificate is told at most once a day, and once for each fingerprint and threshold', () => {
    const day = 86_400_000;
    const shown = fc.record({ fingerprint: fc.constantFrom('A', 'B', 'C'), days: fc.integer({ min: -3, max: 30 }) });
    const site = aSite();
    fc.assert(
      fc.property(fc.array(shown, { maxLength: 80 }), (list) => {
        let [state, told, last] = [newState(), {} as Told, -Infinity];
        return list.every(({ fingerprint, days }, hour) => {
          const now = 1_000 * day + hour * 3 * 3_600_000;
          state = judge(state, aResult(now, { certificate: { validTo: now + days * day, fingerprint } }), site);
          const items = owed({ state, told, site, now, server: '' }).filter((item) => item.act === 'raise');
          told = tell(owed({ state, told, site, now, server: '' }), told, now);
          const fine = items.length === 0 || now - last >= day;
          if (items.length > 0) last = now;
          return fine;
        });
      }),
    );
  });
});
