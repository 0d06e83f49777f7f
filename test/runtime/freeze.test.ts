import { expect, it } from 'vitest';

import { createFreeze } from '#runtime/freeze.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';

it('a freeze lasts from its begin to its end, whether it comes once or again and again', () => {
  const clock = { at: 0 };
  const settings = createFakeSettings({
    freeze: [
      { kind: 'once', name: 'the new shop', from: 1_000, to: 2_000 },
      { kind: 'cron', name: 'the sale', cron: '0 0 1 1 *', timezone: 'UTC', durationMs: 500 },
    ],
  });
  const calendar = { last: () => 5_000 };
  const freeze = createFreeze({ calendar, settings, clock: { now: () => clock.at } } as never);
  const at = (ms: number) => ((clock.at = ms), freeze());

  expect([at(999), at(1_000), at(2_000)]).toEqual([undefined, { name: 'the new shop', until: 2_000 }, undefined]);
  expect([at(4_999), at(5_499), at(5_500)]).toEqual([undefined, { name: 'the sale', until: 5_500 }, undefined]);
});
