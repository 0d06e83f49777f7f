import type { Clock, Log } from '#ports/clock.ts';
import type { Fence, History } from '#ports/history.ts';
import type { Settings, SettingsSource } from '#ports/settings.ts';
import type { Site } from '#ports/site-settings.ts';

import type { Announcer } from './announce.ts';
import type { Book, Kept } from './book.ts';
import type { Watched } from './groups.ts';
import type { createKin } from './kin.ts';
import type { createMaintenance } from './maintenance.ts';
import type { Recorder } from './recorder.ts';
import { copyPast, renamesOf, targetOf } from './renames.ts';
import { cleared, isAlone, isDown, newState } from './state.ts';
import type { Turns } from './turns.ts';

export type Entry = Watched & {
  busy: boolean;
  savedAt: number;
  workSince: number | undefined;
  silence: number | undefined;
};
type World = {
  turns: Turns;
  kin: ReturnType<typeof createKin>;
  recorder: Pick<Recorder, 'forget'>;
  maintenance: ReturnType<typeof createMaintenance>;
  announcer: () => Pick<Announcer, 'retire'>;
  book: Pick<Book, 'now'>;
  history: Pick<History, 'watch' | 'measures'>;
  settings: SettingsSource;
  clock: Clock;
  log: Log;
};

/** The longest a new site waits for its first check, whatever its interval. */
const firstWithinMs = 60_000;
/** Which sites are watched, and what becomes of those that come, go or are renamed. */
export function createRoll(world: World, fence: Fence | undefined) {
  const { turns, kin, recorder, maintenance, settings, clock, log } = world;
  const entries = new Map<string, Entry>();

  /**
   * Those of deckhand.yml with what is kept of them, also under the name that they had when Deckhand was stopped. What was
   * told of sites that are watched no more is closed by what it answers.
   */
  function load(kept: ReadonlyMap<string, Kept>): () => void {
    const { sites } = settings.current();
    const known = new Set(sites.map(({ name }) => name));
    const wanted = sites.filter(({ paused }) => !paused);
    const removed = [...kept].flatMap(([name, { target }]) => (known.has(name) ? [] : [{ name, target }]));
    const renames = renamesOf(removed, wanted.filter(({ name }) => !kept.has(name)).map(named));
    const before = new Map([...renames].map(([from, to]) => [to, kept.get(from)]));
    for (const site of wanted) {
      const of = kept.get(site.name);
      const state = of?.state ?? before.get(site.name)?.state ?? newState();
      add(site, { state: cleared(state), told: of?.told ?? {} });
    }
    return () => {
      for (const [name, { told }] of kept) if (!entries.has(name)) leave(name, told, renames.get(name));
    };
  }

  function add(site: Site, known: Pick<Watched, 'state' | 'told'>): void {
    const entry: Entry = {
      site,
      ...known,
      busy: false,
      savedAt: clock.now(),
      workSince: undefined,
      silence: undefined,
    };
    entry.workSince = maintenance.of(site.name)?.since;
    entries.set(site.name, entry);
    file(entry);
    turns.ordinary(site.name, site.intervalMs, firstWithinMs);
  }

  function adopt({ sites }: Settings): void {
    const wanted = sites.filter(({ paused }) => !paused);
    const names = new Set(wanted.map(({ name }) => name));
    const gone = [...entries.values()].filter(({ site }) => !names.has(site.name));
    const known = new Set(sites.map(({ name }) => name));
    const removed = gone.map(({ site }) => site).filter(({ name }) => !known.has(name));
    const added = wanted.filter(({ name }) => !entries.has(name));
    const renames = renamesOf(removed.map(named), added.map(named));
    for (const { site } of gone) {
      const { name } = site;
      entries.delete(name);
      kin.forget(name);
      recorder.forget(name);
      turns.remove(name);
    }
    for (const site of wanted) {
      const entry = entries.get(site.name);
      if (entry === undefined) {
        const before = gone.find((one) => renames.get(one.site.name) === site.name);
        add(site, { state: before?.state ?? newState(), told: {} });
      } else {
        const moved = entry.site.intervalMs !== site.intervalMs;
        entry.site = site;
        file(entry);
        if (moved) turns.ordinary(site.name, site.intervalMs, firstWithinMs);
      }
    }
    for (const { site, told } of gone) leave(site.name, told, renames.get(site.name));
  }

  /** `as`: it goes on under this name, to which its history and state go before it is forgotten. */
  function leave(name: string, told: Watched['told'], as: string | undefined): void {
    if (as === undefined) retire(name, told);
    else void carry(name, as).then(() => retire(name, told, as));
  }

  async function carry(from: string, to: string): Promise<void> {
    try {
      await copyPast(world.history, { from, to, now: clock.now() }, fence);
      const entry = entries.get(to);
      if (entry !== undefined) await world.book.now(to, { state: entry.state, told: entry.told });
      log.info({ site: to, before: from }, 'a site has a new name; it is checked as before and keeps its history');
    } catch (error) {
      log.warn({ site: to, before: from, err: error }, 'a renamed site could not take its history along');
    }
  }

  function file({ site, state }: Entry): void {
    const failing = ((state.phase === 'suspect' && !isAlone(state)) || isDown(state)) && !state.quiet;
    kin.file(site, { ...state, failing });
  }

  function retire(name: string, told: Watched['told'], as?: string): void {
    const why =
      as !== undefined ? { as } : settings.current().sites.some((site) => site.name === name) ? 'paused' : 'removed';
    world
      .announcer()
      .retire(name, told, why)
      .catch((error: unknown) => {
        log.warn({ site: name, err: error }, 'a site that is no longer watched could not be closed; at the next start');
      });
  }

  /** Not one in maintenance, nor a silenced one of which nothing was told before. */
  function audible(name: string): Watched | undefined {
    const entry = entries.get(name);
    if (entry === undefined || maintenance.of(name) !== undefined) return undefined;
    const isOpen = Object.values(entry.told).some((told) => told?.over === false);
    return isOpen || maintenance.silence(name) === undefined ? entry : undefined;
  }

  return {
    load,
    adopt,
    file,
    audible,
    get: (name: string) => entries.get(name),
    all: () => entries.values(),
    targetOf(name: string) {
      const entry = entries.get(name);
      return entry && targetOf(entry.site);
    },
  };
}

function named(site: Site): { name: string; target: string } {
  return { name: site.name, target: targetOf(site) };
}
