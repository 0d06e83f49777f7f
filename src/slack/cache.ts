import type { Clock } from '#ports/clock.ts';

/** People, groups and channels are asked anew after this time, so that a lost role is lost soon. */
const freshMs = 30_000;

/** Answers at most `freshMs` old; a failed question is not remembered. */
export function createCache(clock: Pick<Clock, 'monotonic'>) {
  const known = new Map<string, { at: number; value: Promise<unknown> }>();
  async function cached<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const found = known.get(key);
    if (found !== undefined && clock.monotonic() - found.at < freshMs) return found.value as Promise<T>; // the key names the kind
    if (known.size > 5_000) known.clear();
    const value = ask();
    known.set(key, { at: clock.monotonic(), value });
    value.catch(() => known.delete(key));
    return value;
  }
  return Object.assign(cached, { forget: (key: string) => void known.delete(key) });
}
