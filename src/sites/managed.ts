import { z } from 'zod';

import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';
import {
  type Break,
  deskPrefix,
  type ManagedSite,
  pausePrefix,
  type SiteDesk,
  type SiteFields,
  sitePrefix,
  type SiteReader,
} from '#ports/managed-sites.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Web } from '#ports/web.ts';

import { probeOf } from './probe-of.ts';
import type { FindServer } from './server.ts';

export type ManagedSites = {
  /** deckhand.yml with the sites of the chat among its own, and with what is paused. */
  settings: SettingsSource;
  desk: SiteDesk;
  /** Reads what is stored, then looks again every 2 s. Throws Transient while the store is away. */
  start: () => Promise<void>;
  stop: () => void;
};
type ManagedWorld = {
  /** Of deckhand.yml alone. */
  settings: SettingsSource;
  reader: SiteReader;
  history: Pick<History, 'watch'>;
  web: Pick<Web, 'probe' | 'refuses'>;
  find: FindServer;
  clock: Clock;
  log: Log;
  /** A site of the chat that deckhand.yml overrules, each time it is seen. */
  onShadowed: (name: string, at: number) => Promise<void>;
};

/** How soon every replica takes over what one of them stored. */
const lookEveryMs = 2_000;

/** Sites come from deckhand.yml and from the chat. Of one name the file's counts; the other stays, and is told. */
export function createManagedSites(world: ManagedWorld): ManagedSites {
  const { settings: file, clock, log } = world;
  const listeners: ((settings: Settings) => void)[] = [];
  let rows: ReadonlyMap<string, Json> = new Map();
  let seen = '';
  let merged = mergedWith(file.current(), []);
  let next: Cancel = () => {};
  let running = false;
  file.onChange(() => {
    // The file may overrule what is stored, which is told when it is next looked for.
    seen = '';
    apply();
  });

  function apply(): void {
    merged = mergedWith(file.current(), managed());
    for (const listener of listeners) tell(listener);
  }

  function tell(listener: (settings: Settings) => void): void {
    try {
      listener(merged);
    } catch (error) {
      log.error({ err: error }, 'changed sites could not be put to use everywhere');
    }
  }

  async function look(): Promise<void> {
    rows = await world.history.watch.load(deskPrefix);
    const now = JSON.stringify([...rows].toSorted(byKey).map((row) => [row, isPause(row[0])]));
    if (now === seen) return;
    seen = now;
    apply();
    for (const { name, from, faults } of managed()) {
      if (from === 'shadowed') await world.onShadowed(name, atOf(rows.get(`${sitePrefix}${name}`)));
      if (faults.length > 0) log.warn({ site: name, faults }, 'a site of the chat cannot be watched as it is stored');
    }
  }

  /** A pause that is not over, which needs no change of what is stored. */
  function isPause(key: string): boolean {
    return key.startsWith(pausePrefix) && pauseOf(rows, key.slice(pausePrefix.length), clock.now()) !== undefined;
  }

  function managed(): readonly ManagedSite[] {
    return manage({ file: file.current().sites, rows, reader: world.reader, now: clock.now() });
  }

  function keepLooking(): void {
    next = clock.after(lookEveryMs, () => {
      look()
        .catch((error: unknown) => log.warn({ err: error }, 'the sites of the chat could not be read; trying again'))
        .finally(() => running && keepLooking());
    });
  }

  return {
    settings: { current: () => merged, onChange: (listener) => void listeners.push(listener) },
    desk: {
      readTyped: world.reader.readTyped,
      whereIs: world.reader.whereIs,
      async all() {
        await look();
        return managed();
      },
      refuses: world.web.refuses,
      async whyNoServer(named) {
        const found = await world.find(named);
        return found.kind === 'unknown' ? found.why : undefined;
      },
      probe: (site) => world.web.probe(probeOf(site, true)),
    },
    async start() {
      await look();
      running = true;
      keepLooking();
    },
    stop() {
      running = false;
      next();
    },
  };
}

/** Pure: which sites there are, where each is managed, and which are paused. */
export function manage(of: {
  file: readonly Site[];
  rows: ReadonlyMap<string, Json>;
  reader: Pick<SiteReader, 'read'>;
  now: number;
}): readonly ManagedSite[] {
  const names = new Set(of.file.map(({ name }) => name));
  const fromFile = of.file.map((site): ManagedSite => {
    const pause = pauseOf(of.rows, site.name, of.now);
    return { name: site.name, from: 'file', site, faults: [], fields: {}, pause };
  });
  const fromChat = [...of.rows].toSorted(byKey).flatMap(([key, value]): ManagedSite[] => {
    if (!key.startsWith(sitePrefix)) return [];
    const name = key.slice(sitePrefix.length);
    const fields = (Row.safeParse(value).data?.fields ?? {}) as SiteFields;
    const read = of.reader.read(fields);
    const pause = pauseOf(of.rows, name, of.now);
    const from = names.has(name) ? 'shadowed' : 'chat';
    return [{ name, from, fields, pause, site: read.ok ? read.site : undefined, faults: read.ok ? [] : read.faults }];
  });
  return [...fromFile, ...fromChat];
}

function mergedWith(settings: Settings, managed: readonly ManagedSite[]): Settings {
  const pauses = new Set(managed.filter(({ pause }) => pause !== undefined).map(({ name }) => name));
  const chat = managed
    .filter(({ from }) => from === 'chat')
    .flatMap(({ site }) => (site === undefined ? [] : [{ ...site, inChat: true }]));
  if (pauses.size + chat.length === 0) return settings;
  const sites = [...settings.sites, ...chat].map((site) => (pauses.has(site.name) ? { ...site, paused: true } : site));
  return { ...settings, sites };
}

function pauseOf(rows: ReadonlyMap<string, Json>, name: string, now: number): Break | undefined {
  const pause = Pause.safeParse(rows.get(`${pausePrefix}${name}`)).data;
  return pause === undefined || (pause.until !== undefined && pause.until <= now) ? undefined : pause;
}

function atOf(row: Json | undefined): number {
  return Row.safeParse(row).data?.at ?? 0;
}

function byKey([a]: [string, Json], [b]: [string, Json]): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const Row = z.object({ fields: z.record(z.string(), z.unknown()), by: z.string(), at: z.number() });
const Pause = z.object({ since: z.number(), until: z.number().optional(), by: z.string() });
