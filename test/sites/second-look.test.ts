import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Sighting } from '#ports/vantage.ts';
import { book } from '#sites/account.ts';
import { type Sight, sightOf } from '#sites/second-look.ts';
import { isAlone, newState, shownSince, type SiteState } from '#sites/state.ts';
import { places } from '#sites/vantage-messages.ts';
import { judge, nextCheck } from '#sites/verdict.ts';

import { aFailure, after, aResult, aSite } from './support.ts';

/** `d` down, `u` up, `-` no answer; named a, b, c, … */
const others = (signs: string): readonly Sighting[] =>
  signs.split('').map((sign, at): Sighting => {
    const from = String.fromCodePoint(97 + at);
    if (sign === '-') return { from, saw: 'nothing', why: 'late' };
    return { from, saw: sign === 'd' ? 'down' : 'up' };
  });

describe('whether a site is down for everybody', () => {
  it.each([
    { signs: 'du', confirm: 2, down: true, said: 'from 2 of 3: here and a; up from b' },
    { signs: 'dd', confirm: 2, down: true, said: 'from 3 of 3: here, a and b' },
    { signs: 'uu', confirm: 2, down: false, said: 'from 1 of 3: here; up from a and b' },
    { signs: 'u', confirm: 2, down: false, said: 'from 1 of 2: here; up from a' },
    { signs: 'd', confirm: 2, down: true, said: 'from 2 of 2: here and a' },
    { signs: 'd-', confirm: 2, down: true, said: 'from 2 of 2: here and a; no answer from b (not in time)' },
    {
      signs: '--',
      confirm: 2,
      down: true,
      said: 'from here alone; not confirmed: no answer from a (not in time) and b (not in time)',
    },
    { signs: 'duuu', confirm: 2, down: false, said: 'from 2 of 5: here and a; up from b, c and d' },
    { signs: 'ddu', confirm: 4, down: false, said: 'from 3 of 4: here, a and b; up from c' },
    { signs: 'dd', confirm: 4, down: true, said: 'from 3 of 3: here, a and b' },
  ])('$signs beside us, $confirm must agree: $down', ({ signs, confirm, down, said }) => {
    const sight = sightOf('here', others(signs), confirm);

    expect(sight?.outvoted).toBe(!down);
    expect(sight && places(sight)).toBe(said);
  });

  it('is our own verdict without other places', () => {
    expect(sightOf('here', [], 2)).toBeUndefined();
  });

  it('never falls against most of those that answered, and silence is no vote', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('d', 'u', '-'), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 2, max: 10 }),
        (signs, confirm) => {
          const sight = sightOf('here', others(signs.join('')), confirm)!;
          const silent = signs.filter((sign) => sign === '-');
          const votes = signs.filter((sign) => sign !== '-').join('');
          const down = 1 + votes.replaceAll('u', '').length;

          const isDown = !sight.outvoted;

          expect(sight.silent).toHaveLength(silent.length);
          expect(isDown && down * 2 <= votes.length + 1).toBe(false);
          expect(votes !== '' && sightOf('here', others(votes), confirm)?.outvoted !== sight.outvoted).toBe(false);
          expect(sight.outvoted && !votes.includes('u')).toBe(false);
          // One more that sees it down never turns down into up.
          expect(isDown && sightOf('here', others(`${signs.join('')}d`), 2)?.outvoted === true).toBe(false);
        },
      ),
    );
  });
});

const outvoted: Sight = { down: ['here'], up: ['a', 'b'], silent: [], outvoted: true };
const agreed: Sight = { down: ['here', 'a'], up: ['b'], silent: [], outvoted: false };

describe('a site that fails here alone', () => {
  const site = aSite({ recheckMs: [5_000, 15_000] });
  const suspected = () => after('+--', site);
  const step = (state: SiteState, at: number, sight?: Sight) => judge(state, aFailure(at), site, sight);

  it('stays under suspicion, is looked at in its ordinary turn, and leaves no trace of bursts', () => {
    const { state, at } = suspected();
    const alone = step(state, at, outvoted);

    expect(alone).toMatchObject({ phase: 'suspect', track: '+', alone: { since: state.firstFailureAt } });
    expect(isAlone(alone)).toBe(true);
    expect(shownSince(alone)).toBe(state.firstFailureAt);
    expect(nextCheck(alone, site, { startedAt: at, endedAt: at, counted: true })).toBeUndefined();
  });

  it('is down once others see it too, from then on', () => {
    const { state, at } = suspected();
    const alone = step(state, at, outvoted);
    const down = step(alone, at + 60_000, agreed);

    expect(down).toMatchObject({ phase: 'down', sight: agreed, alone: { until: at + 60_000 } });
    expect(down.firstFailureAt).toBe(at);
  });

  it('is up with its next good check, and the time counts as up', () => {
    const { state, at } = suspected();
    const alone = step(state, at, outvoted);
    const later = step(alone, at + 60_000, outvoted);
    const up = judge(later, aResult(at + 120_000), site);

    expect(up).toMatchObject({ phase: 'up', alone: { since: state.firstFailureAt, until: at + 120_000 } });
    const first = book({ at: at - 20_000, pendingMs: 20_000 }, { before: state, after: alone, at, intervalMs: 60_000 });
    const second = book(first.account, { before: alone, after: later, at: at + 60_000, intervalMs: 60_000 });
    expect(first.booked).toEqual({ upMs: 40_000, downMs: 0, slowMs: 0 });
    expect(second.booked).toEqual({ upMs: 60_000, downMs: 0, slowMs: 0 });
  });

  it('changes nothing before the check that decides', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('+', '-'), { maxLength: 40 }), (signs) => {
        let [state, with_] = [newState(), newState()];
        for (const [nr, sign] of signs.entries()) {
          const result = sign === '+' ? aResult(nr * 1_000) : aFailure(nr * 1_000);
          [state, with_] = [judge(state, result, site), judge(with_, result, site, agreed)];
        }
        const { sight: _sight, ...rest } = with_;
        const { sight: _none, ...plain } = state;
        expect(rest).toEqual(plain);
      }),
    );
  });
});
