import { isRefusal } from '#errors.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Fence } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';

import { readableAgain, unreadable, type Watched } from './steady-messages.ts';

/** Failed looks in a row before it is told that nobody watches. */
const mostFailures = 5;

type World = {
  incidents: Incidents;
  clock: Pick<Clock, 'now'>;
  fence?: (() => Fence | undefined) | undefined;
  log: Log;
};

/** Looks, and tells when that failed several times in a row, and when it works again. Never rejects; false: it failed. */
export function createSteady(
  { incidents, clock, fence, log }: World,
  of: Watched & { key: string },
): (channel: ChannelId, look: () => Promise<void>) => Promise<boolean> {
  let failures = 0;
  let told: boolean | undefined;

  async function tellUnreadable(channel: ChannelId, error: unknown): Promise<void> {
    const why = isRefusal(error) ? error.message : 'EC2 or the store does not answer.';
    try {
      const words = unreadable(of, { looks: mostFailures, why });
      await incidents.raise(of.key, { channel, startedAt: clock.now(), ...words, fence: fence?.() });
      told = true;
    } catch (cause) {
      log.error({ watch: of.key, err: cause }, 'nobody watches, and nobody could be told');
    }
  }

  /** Once after a start too: the process before may have ended while EC2 could not be read. */
  async function tellReadable(): Promise<void> {
    if (told === false) return;
    try {
      await incidents.resolve(of.key, { endedAt: clock.now(), ...readableAgain(of), fence: fence?.() });
      told = false;
    } catch (error) {
      log.warn({ watch: of.key, err: error }, 'it could not be told yet that this is watched again');
    }
  }

  return async (channel, look) => {
    try {
      await look();
    } catch (error) {
      failures++;
      log.warn({ watch: of.key, failures, err: error }, 'a look failed');
      if (failures >= mostFailures) await tellUnreadable(channel, error);
      return false;
    }
    failures = 0;
    await tellReadable();
    return true;
  };
}
