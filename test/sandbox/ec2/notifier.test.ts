import { expect, it } from 'vitest';

import { createNotifier } from '#sandbox/ec2/notifier.ts';
import { eventually } from '#test/support/eventually.ts';

it('tells of what comes by itself while the listeners look', async () => {
  let now = 0;
  const seen: number[] = [];
  const notifier = createNotifier(
    () => now,
    (at) => (at < 10 ? 10 : undefined),
  );
  notifier.onChange(() => {
    seen.push(now);
    now = 20;
  });

  notifier.changed();

  await eventually(() => expect(seen).toEqual([0, 20]));
  notifier.close();
});
