import type { Clock, Log } from '#ports/clock.ts';
import type { Fence } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';

import type { Words } from './messages.ts';

/** What can be wrong with the watch itself. */
type Trouble = 'blind' | 'stalled' | 'late' | 'setup' | 'alone' | 'vantage';
export type OwnTrouble = {
  begins: (trouble: Trouble, words: Words) => void;
  ends: (trouble: Trouble, words: Words) => void;
};

/** Tells trouble of our own, one incident a kind, in the order in which it came. What fails is logged. */
export function createOwnTrouble(world: {
  incidents: Incidents;
  clock: Clock;
  log: Log;
  fence: Fence | undefined;
  channel: () => ChannelId | undefined;
}): OwnTrouble {
  const { incidents, clock, log, fence } = world;
  let last = Promise.resolve();

  function begins(trouble: Trouble, words: Words): void {
    log.warn({ trouble, said: words.report.alert }, 'site checks have trouble of their own');
    const startedAt = clock.now();
    const channel = world.channel();
    if (channel !== undefined)
      inOrder(trouble, () => incidents.raise(`watch:${trouble}`, { channel, startedAt, ...words, fence }));
  }

  /** Also at start: the process before may have ended in the middle of it. */
  function ends(trouble: Trouble, words: Words): void {
    const endedAt = clock.now();
    inOrder(trouble, () => incidents.resolve(`watch:${trouble}`, { endedAt, ...words, fence }));
  }

  function inOrder(trouble: Trouble, act: () => Promise<void>): void {
    last = last
      .then(act)
      .catch((error: unknown) =>
        log.warn({ trouble, err: error }, 'trouble of the site checks themselves could not be told'),
      );
  }

  return { begins, ends };
}
