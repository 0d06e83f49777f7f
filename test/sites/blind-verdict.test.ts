import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { afterAnswer, afterCheck, clearSight, type Seen, type Sight, suspectsOf } from '#sites/blind-verdict.ts';

const rules = { sites: 3, share: 0.2, withinMs: 30_000 };
const good: Seen = { turned: false, reached: true, failingMs: 0 };
const turns: Seen = { turned: true, reached: false, failingMs: 0 };

/** Checks `gapMs` apart. */
function after(
  checks: readonly Seen[],
  { gapMs = 100, from = clearSight, at = 0 } = {},
): { sight: Sight; now: number } {
  let [sight, now] = [from, at];
  for (const seen of checks) {
    now += gapMs;
    sight = afterCheck(sight, seen, { now, rules });
  }
  return { sight, now };
}
const times = <T>(many: number, one: T): T[] => Array.from({ length: many }, () => one);

describe('doubt of our own sight', () => {
  it.each<[string, readonly Seen[], Sight['phase']]>([
    ['comes when more sites turn suspect at once than `sites`', [good, ...times(4, turns)], 'asking'],
    ['does not come for fewer', [good, ...times(3, turns)], 'clear'],
    ['does not come for less than `share` of the checks', [...times(40, good), ...times(8, turns)], 'clear'],
    ['comes for more than `share` of them', [...times(10, good), ...times(4, turns)], 'asking'],
    ['comes when the only site fails for longer than anything was reached', [{ ...turns, failingMs: 50 }], 'asking'],
    [
      'does not come while another site was reached meanwhile',
      [good, { turned: false, reached: false, failingMs: 5_000 }],
      'clear',
    ],
  ])('%s', (_what, checks, phase) => {
    expect(after(checks).sight.phase).toBe(phase);
  });

  it('forgets what is older than `withinMs`', () => {
    const { sight, now } = after([good, ...times(3, turns)]);
    const later = after([good, turns], { from: sight, at: now + rules.withinMs });
    expect(later.sight.phase).toBe('clear');
    expect(suspectsOf(later.sight)).toBe(1);
  });

  it('rests for a part of `withinMs` once the others have answered', () => {
    const asking = after([good, ...times(4, turns)]);
    const clear = afterAnswer(asking.sight, true, { now: asking.now, rules });
    expect(after(times(6, turns), { from: clear, at: asking.now }).sight.phase).toBe('clear');
    expect(after(times(6, turns), { from: clear, at: asking.now + 10_001 }).sight.phase).toBe('asking');
  });
});

type Event = { seen: Seen } | { answered: boolean };
const anEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      seen: fc.record({ turned: fc.boolean(), reached: fc.boolean(), failingMs: fc.nat(60_000) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ answered: fc.boolean() }) },
);
const aLife = fc.array(fc.tuple(fc.nat(5_000), anEvent), { maxLength: 80 });

/** The others answer only when they were asked. */
function live(events: readonly (readonly [gap: number, Event])[]) {
  const steps: { before: Sight; sight: Sight; event: Event; now: number }[] = [];
  let [sight, now] = [clearSight, 0];
  for (const [gap, event] of events) {
    now += gap;
    const before = sight;
    if ('seen' in event) sight = afterCheck(sight, event.seen, { now, rules });
    else if (sight.phase !== 'clear') sight = afterAnswer(sight, event.answered, { now, rules });
    steps.push({ before, sight, event, now });
  }
  return steps;
}

describe('whatever the checks and the others say', () => {
  it('we are blind only when we asked and nobody answered, and see again only by an answer', () => {
    fc.assert(
      fc.property(aLife, (events) =>
        live(events).every(({ before, sight, event }) => {
          if ('seen' in event)
            return sight.phase === before.phase || (before.phase === 'clear' && sight.phase === 'asking');
          return before.phase === 'clear' ? sight === before : sight.phase === (event.answered ? 'clear' : 'blind');
        }),
      ),
    );
  });

  it('nobody is asked for a check that was good, or while we rest', () => {
    fc.assert(
      fc.property(aLife, (events) =>
        live(events).every(({ before, sight, event, now }) => {
          const asks = before.phase === 'clear' && sight.phase === 'asking';
          if (!asks || !('seen' in event)) return true;
          return now >= before.quietUntil && (event.seen.turned || !event.seen.reached);
        }),
      ),
    );
  });

  it('no more is counted than was checked within the time, however long it goes on', () => {
    fc.assert(
      fc.property(aLife, (events) =>
        live(events).every(({ sight, now }) => {
          const { seconds } = sight;
          const isRecent = seconds.every(({ second }) => second > Math.floor(now / 1_000) - rules.withinMs / 1_000 - 6);
          return isRecent && seconds.length <= 31 && seconds.every(({ checked, suspect }) => suspect <= checked);
        }),
      ),
    );
  });
});
