import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

import type { Clock, Log } from '#ports/clock.ts';

import { pageAtom, pageJson } from './feeds.ts';
import type { StatusPage } from './model.ts';
import { dataPath, feedPath, iconPath, pageHtml } from './page.ts';
import { icon } from './signs.ts';

/** A document as it is sent. */
export type Copy = { type: string; plain: Buffer; packed: Buffer; etag: string };
export type Copies = {
  /**
   * What stands at a path (without its slash), from memory; undefined where nothing is. However many ask, the store is
   * read at most once in `everyMs`, and nobody but the first waits for it. Throws while there is nothing to show yet.
   */
  get: (path: string) => Promise<Copy | undefined>;
  /** What was made is not shown any more: the settings have changed. */
  drop: () => void;
};

/** Older than this, a page says that nothing is known, whatever it said. */
const staleMs = 5 * 60_000;
/** The least time between two tries while the store is away. */
const againMs = 5_000;

type Made = { page: StatusPage; documents: ReadonlyMap<string, Copy>; isStale: boolean };

/** Keeps the newest page in memory. */
export function createCopies(of: {
  read: () => Promise<StatusPage>;
  everyMs: () => number;
  clock: Clock;
  log: Log;
}): Copies {
  const { clock, log } = of;
  let made: Made | undefined;
  let making: Promise<void> | undefined;
  let triedAt = -Infinity;
  let edition = 0;

  async function make(): Promise<void> {
    const mine = edition;
    triedAt = clock.monotonic();
    try {
      const page = await of.read();
      const documents = await documentsOf(page);
      if (mine === edition) made = { page, documents, isStale: false };
    } catch (error) {
      log.warn({ err: error }, 'the status page could not be made anew; trying again');
      if (made === undefined || made.isStale || clock.now() - made.page.at < staleMs) return;
      const page = unknownNow(made.page);
      const documents = await documentsOf(page);
      if (mine === edition) made = { page, documents, isStale: true };
    }
  }

  function refresh(): Promise<void> {
    const age = clock.now() - (made?.page.at ?? -Infinity);
    const isDue = made === undefined || made.isStale || age >= of.everyMs();
    if (!isDue || clock.monotonic() - triedAt < Math.min(againMs, of.everyMs())) return making ?? Promise.resolve();
    if (making !== undefined) return making;
    const mine = make().finally(() => {
      if (making === mine) making = undefined;
    });
    making = mine;
    return mine;
  }

  return {
    async get(path) {
      if (!makers.some(([known]) => known === path)) return undefined;
      const fresh = refresh();
      const isOld = made === undefined || clock.now() - made.page.at >= staleMs;
      if (isOld) await fresh;
      if (made === undefined) throw new Error('there is no status page yet');
      return made.documents.get(path);
    },
    drop() {
      edition++;
      made = undefined;
      making = undefined;
      triedAt = -Infinity;
    },
  };
}

const makers: readonly (readonly [path: string, type: string, make: (page: StatusPage) => string])[] = [
  ['', 'text/html; charset=utf-8', pageHtml],
  [dataPath, 'application/json; charset=utf-8', pageJson],
  [feedPath, 'application/atom+xml; charset=utf-8', pageAtom],
  [iconPath, 'image/svg+xml', ({ state }) => icon(state)],
];
const pack = promisify(gzip);

async function documentsOf(page: StatusPage): Promise<ReadonlyMap<string, Copy>> {
  const documents = new Map<string, Copy>();
  // One after the other, so that between them the rest of Deckhand has its turn.
  for (const [path, type, make] of makers) {
    const plain = Buffer.from(make(page));
    const packed = await pack(plain);
    const etag = createHash('sha256').update(packed).digest('base64url').slice(0, 22);
    documents.set(path, { type, plain, packed, etag });
  }
  return documents;
}

/** The page of a time that is over: its history stands, its states do not. */
function unknownNow(page: StatusPage): StatusPage {
  const groups = page.groups.map((group) => ({
    ...group,
    sites: group.sites.map((site) => ({ ...site, state: 'unknown' as const })),
  }));
  return { ...page, groups, state: 'unknown' };
}
