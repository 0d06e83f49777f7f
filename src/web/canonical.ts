import { isIP } from 'node:net';

import type { Clock } from '#ports/clock.ts';

/** CNAMEs that are followed; a CDN has two or three. */
const mostAliases = 8;
const keptMs = 5 * 60_000;
const mostKept = 20_000;
/** Asked for at once. When everything fails together the others are left out: the next re-check asks again. */
const mostAtOnce = 50;

/** Follows CNAMEs to their end, at most every five minutes for each name. `aliasOf` throws ENODATA where there is none. */
export function createCanonical(world: {
  clock: Pick<Clock, 'monotonic'>;
  aliasOf: (name: string) => Promise<readonly string[]>;
}): (host: string) => Promise<string | undefined> {
  const { clock, aliasOf } = world;
  const kept = new Map<string, { name: string; until: number }>();
  const asked = new Map<string, Promise<string | undefined>>();

  return async function canonical(host) {
    const name = plain(host);
    if (isIP(name) !== 0) return undefined;
    const known = kept.get(name);
    if (known !== undefined && known.until > clock.monotonic()) return known.name;
    const running = asked.get(name);
    if (running !== undefined || asked.size >= mostAtOnce) return running;
    const asking = follow(name).finally(() => asked.delete(name));
    asked.set(name, asking);
    return asking;
  };

  async function follow(host: string): Promise<string | undefined> {
    let name = host;
    try {
      for (let nr = 0; nr < mostAliases; nr++) {
        const [next] = await aliasOf(name);
        if (next === undefined) break;
        name = plain(next);
      }
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code !== 'ENODATA' && code !== 'ENOTFOUND') return undefined;
    }
    keep(host, name);
    return name;
  }

  function keep(host: string, name: string): void {
    kept.delete(host);
    kept.set(host, { name, until: clock.monotonic() + keptMs });
    const [oldest] = kept.keys();
    if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
  }
}

/** Names are the same in any case and with the dot of the root. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
