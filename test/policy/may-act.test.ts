import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Facts, mayAct, type Try } from '#policy/may-act.ts';
import type { AutoRule } from '#ports/site-settings.ts';

const minute = 60_000;
const now = 1_000 * minute;
const auto: AutoRule = {
  afterMs: 2 * minute,
  perIncident: 1,
  perDay: 3,
  coolDownMs: 30 * minute,
  approval: { kind: 'none' },
};
const base: Facts = {
  now,
  incident: { id: 'inc-1', startedAt: now - 5 * minute, taken: false },
  remedies: [
    { rule: 'shop/container:shop', auto },
    { rule: 'shop/server:reboot', auto },
  ],
  tries: [],
  busy: false,
  stopped: false,
  freeze: undefined,
  several: false,
  blind: false,
};
const aTry = (of: Partial<Try>): Try => ({
  at: now - 40 * minute,
  incident: 'inc-1',
  rule: 'shop/container:shop',
  end: 'failed',
  ...of,
});

describe('acting without a person', () => {
  it.each<[string, Partial<Facts>, string]>([
    ['acts by the gentlest remedy', {}, 'act shop/container:shop'],
    ['never by what the file does not allow', { remedies: [{ rule: 'shop/server:reboot', auto: undefined }] }, 'wait'],
    ['waits until the incident has lasted', { incident: { ...base.incident, startedAt: now - minute } }, 'wait'],
    ['waits while stopped', { stopped: true }, 'wait'],
    ['waits in a freeze', { freeze: 'sale' }, 'wait'],
    ['waits while a run of a person is open', { busy: true }, 'wait'],
    ['leaves what a person has taken', { incident: { ...base.incident, taken: true } }, 'wait'],
    ['leaves several that fail together', { several: true }, 'wait'],
    ['waits while it sees nothing itself', { blind: true }, 'wait'],
    ['waits for its window', { remedies: [{ ...base.remedies[0]!, shut: true }] }, 'wait'],
    ['gives up when others have used up the day', { remedies: [{ ...base.remedies[0]!, today: 3 }] }, 'people'],
    ['waits for the try before', { tries: [aTry({ end: 'open' })] }, 'wait'],
    ['goes to the next remedy', { tries: [aTry({})] }, 'act shop/server:reboot'],
    ['cools down first', { tries: [aTry({ at: now - 10 * minute })] }, 'wait'],
    ['cools down after another incident too', { tries: [aTry({ at: now - minute, incident: 'inc-0' })] }, 'wait'],
    ['gives up after two that failed', { tries: [aTry({}), aTry({ rule: 'shop/server:reboot' })] }, 'people'],
    ['gives up when somebody said no', { tries: [aTry({ end: 'refused' })] }, 'people'],
    [
      'gives up when the day is used up',
      {
        remedies: [base.remedies[0]!],
        tries: [1, 2, 3].map((nr) => aTry({ incident: 'inc-0', at: now - nr * 60 * minute, end: 'helped' })),
      },
      'people',
    ],
    [
      'forgets after a day',
      { tries: [1, 2, 3].map((nr) => aTry({ incident: 'inc-0', at: now - (24 * 60 + nr) * minute })) },
      'act shop/container:shop',
    ],
  ])('%s', (_what, change, expected) => {
    const ruling = mayAct({ ...base, ...change });
    expect(ruling.kind === 'act' ? `act ${ruling.rule}` : ruling.kind).toBe(expected);
  });

  const anyTry = fc.record({
    at: fc.integer({ min: 0, max: now }),
    incident: fc.constantFrom('inc-1', 'inc-0'),
    rule: fc.constantFrom('shop/container:shop', 'shop/server:reboot'),
    end: fc.constantFrom('open', 'helped', 'failed', 'void', 'refused' as const),
  });
  it('keeps every bound whatever was tried before', () => {
    fc.assert(
      fc.property(
        fc.record({
          tries: fc.array(anyTry, { maxLength: 12 }),
          busy: fc.boolean(),
          stopped: fc.boolean(),
          several: fc.boolean(),
          blind: fc.boolean(),
          freeze: fc.constantFrom(undefined, 'sale'),
          taken: fc.boolean(),
          openMs: fc.integer({ min: 0, max: 10 * minute }),
        }),
        ({ taken, openMs, ...of }) => {
          const incident = { id: 'inc-1', startedAt: now - openMs, taken };
          const ruling = mayAct({ ...base, ...of, incident });
          if (ruling.kind !== 'act') return;
          const mine = of.tries.filter(({ rule }) => rule === ruling.rule);
          expect([of.busy, of.stopped, of.several, of.blind, taken]).toEqual([false, false, false, false, false]);
          expect(of.freeze).toBeUndefined();
          expect(openMs).toBeGreaterThanOrEqual(auto.afterMs);
          expect(mine.filter((one) => one.incident === 'inc-1')).toHaveLength(0);
          expect(mine.filter(({ at }) => now - at < 24 * 60 * minute).length).toBeLessThan(auto.perDay);
          for (const { at, end } of of.tries) {
            expect(now - at).toBeGreaterThanOrEqual(auto.coolDownMs);
            expect(end).not.toBe('open');
          }
        },
      ),
    );
  });
});
