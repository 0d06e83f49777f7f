import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { inherited } from '#fleet/care.ts';
import type { Care } from '#ports/incidents.ts';

const now = 1_000;
const ana: Care = { takenBy: 'U0ANA', assignedBy: 'U0BOB' };
const quiet = (silencedUntil: number): Care => ({ silencedUntil });

describe('what people did with the own messages of servers', () => {
  it.each<[string, Care | undefined, readonly Care[], boolean, Care | undefined]>([
    ['is nothing where they did nothing', undefined, [{}, {}], true, undefined],
    ['counts for all once one was taken', undefined, [{}, ana, { takenBy: 'U0EVE' }], false, ana],
    ['goes before what was done with those that join later', ana, [{ takenBy: 'U0EVE' }], false, ana],
    [
      'silences them together until the first silence ends',
      undefined,
      [quiet(5_000), quiet(3_000)],
      true,
      quiet(3_000),
    ],
    ['silences nothing while others are there', undefined, [quiet(5_000)], false, undefined],
    ['silences nothing while one of them was not', undefined, [quiet(5_000), {}], true, undefined],
    ['silences nothing any more once it is over', undefined, [quiet(now)], true, undefined],
    ['keeps the silence that it had', quiet(4_000), [{}], false, quiet(4_000)],
  ])('%s', (_what, known, folded, isAll, care) => {
    expect(inherited(known, folded, { isAll, now })).toEqual(care);
  });

  it('never silences longer than each of them was, and names nobody who took none', () => {
    const some = fc.record({
      takenBy: fc.option(fc.constantFrom('U1', 'U2'), { nil: undefined }),
      silencedUntil: fc.option(fc.integer({ min: 0, max: 5_000 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(some), fc.boolean(), (folded, isAll) => {
        const care = inherited(undefined, folded, { isAll, now });
        const least = Math.min(...folded.map(({ silencedUntil = 0 }) => silencedUntil));
        expect(care?.silencedUntil ?? 0).toBe(isAll && folded.length > 0 && least > now ? least : 0);
        expect(care?.takenBy).toBe(folded.find(({ takenBy }) => takenBy !== undefined)?.takenBy);
      }),
    );
  });
});
