import { z } from 'zod';

import type { History } from '#ports/history.ts';
import type { UserId } from '#ports/ids.ts';

/** Where the switch of all automatic work is kept, in History.watch. */
const key = 'switch:automatic';
const Stopped = z.object({
  stopped: z.boolean(),
  by: z.custom<UserId>((value) => typeof value === 'string'),
  at: z.number(),
  why: z.string(),
});
export type Stopped = z.infer<typeof Stopped>;

/** Repeatable; the newest wins. */
export async function setAutomaticWork(history: Pick<History, 'watch'>, to: Stopped): Promise<void> {
  await history.watch.save(new Map([[key, { ...to }]]));
}

/** Who stopped what Deckhand does by itself, and when; undefined: it goes on. */
export async function whoStopped(history: Pick<History, 'watch'>): Promise<Stopped | undefined> {
  const value = (await history.watch.load(key)).get(key);
  const known = Stopped.safeParse(value).data;
  return known?.stopped === true ? known : undefined;
}

/** Literal text. */
export const stoppedWords =
  'Automatic work is paused, so nothing was begun. An approver lets it go on with `/deck resume`.';
