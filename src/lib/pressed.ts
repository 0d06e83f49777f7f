import { z } from 'zod';

import type { History } from '#ports/history.ts';

import type { Span } from './windows.ts';

const Pressed = z.object({ since: z.number(), until: z.number() });

/** What people announced for a while by a button or command, by what stands behind `prefix`. Forgets what is over. Repeatable. */
export async function readPressed(
  history: Pick<History, 'watch'>,
  prefix: string,
  now: number,
): Promise<ReadonlyMap<string, Span>> {
  const rows = await history.watch.load(prefix);
  const over = [...rows].filter(([, value]) => (Pressed.safeParse(value).data?.until ?? 0) <= now);
  if (over.length > 0) await history.watch.forget(over.map(([key]) => key));
  return new Map(
    [...rows].flatMap(([key, value]) => {
      const work = Pressed.safeParse(value).data;
      return work === undefined || work.until <= now ? [] : [[key.slice(prefix.length), work]];
    }),
  );
}
