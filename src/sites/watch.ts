import type { SiteView } from '#operations/contract.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { History } from '#ports/history.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Settings, SettingsSource, Site } from '#ports/settings.ts';
import type { ProbeResult, Web } from '#ports/web.ts';

import { createAnnouncer, type Watched } from './announce.ts';
import { createBlindGuard } from './blind.ts';
import { createBook } from './book.ts';
import { createCanaries } from './canaries.ts';
import { createLanes } from './lanes.ts';
import * as messages from './messages.ts';
import { createServerFinder } from './server.ts';
import { createTurns } from './turns.ts';
import { cleared, judge, newState, nextCheck, shownSince, shownState } from './verdict.ts';

export type SiteWatch = {
  /** Takes up what is stored and begins to check. Every site is checked within one interval, a minute at most. */
  start: () => Promise<void>;
  /** Checks no more, stores what it knows. At most about 2 s and one write. */
  stop: () => Promise<void>;
  /** In the order of deckhand.yml. */
  views: () => readonly SiteView[];
};

type World = {
  web: Pick<Web, 'probe'>;
  history: Pick<History, 'watch'> & { claims: Pick<History['claims'], 'holders'> };
  incidents: Incidents;
  cloud: Pick<Cloud, 'instances'>;
  clock: Clock;
  settings: SettingsSource;
  log: Log;
  /** Does anything well known answer? Asked when many sites fail at once. */
  canaries?: () => Promise<boolean>;
};
type Entry = Watched & { busy: boolean; savedAt: number };

/** Checks at once, in all and per host: a full house must not time out for lack of room. */
const most = { total: 300, perHost: 2 };
/** The longest a new site waits for its first check, whatever its interval. */
const firstWithinMs = 60_000;
/** How stale the stored state of a site that is simply up may be. */
const saveEveryMs = 5 * 60_000;
const stopWithinMs = 2_000;
const blindKey = 'watch:blind';

/** Watches the sites of deckhand.yml: checks them in turn, judges, and tells what changed. */
export function createSiteWatch(world: World): SiteWatch {
  const { web, incidents, clock, settings, log } = world;
  const book = createBook(world);
  const isHeld = async (server: InstanceId) => (await world.history.claims.holders([server])).length > 0;
  const announcer = createAnnouncer({ ...world, book, find: createServerFinder(world), channelOf, isHeld });
  const lanes = createLanes(most);
  const turns = createTurns({ clock, due });
  const guard = createBlindGuard({ clock, canaries: world.canaries ?? createCanaries(world), onBlind, onSight });
  const entries = new Map<string, Entry>();
  let running = false;

  async function start(): Promise<void> {
    const kept = await book.load();
    running = true;
    const wanted = settings.current();
    for (const site of wanted.sites) {
      const known = kept.get(site.name);
      const state = known === undefined ? newState() : cleared(known.state);
      add(site, { state, told: known?.told ?? {} });
    }
    for (const [name, { told }] of kept) if (!entries.has(name)) retire(name, told);
    settings.onChange(adopt);
    await endBlindness('start');
    for (const entry of entries.values()) announcer.tell(entry);
    turns.start();
  }

  function add(site: Site, known: Pick<Watched, 'state' | 'told'>): void {
    entries.set(site.name, { site, ...known, busy: false, savedAt: clock.now() });
    turns.ordinary(site.name, site.intervalMs, firstWithinMs);
  }

  /** A changed deckhand.yml: what is new begins, what is gone ends, what stayed goes on with what is known of it. */
  function adopt({ sites }: Settings): void {
    if (!running) return;
    const names = new Set(sites.map(({ name }) => name));
    for (const [name, { told }] of entries) {
      if (names.has(name)) continue;
      entries.delete(name);
      turns.remove(name);
      retire(name, told);
    }
    for (const site of sites) {
      const entry = entries.get(site.name);
      if (entry === undefined) add(site, { state: newState(), told: {} });
      else {
        const moved = entry.site.intervalMs !== site.intervalMs;
        entry.site = site;
        if (moved) turns.ordinary(site.name, site.intervalMs, firstWithinMs);
      }
    }
  }

  function retire(name: string, told: Watched['told']): void {
    announcer.retire(name, told).catch((error: unknown) => {
      log.warn({ site: name, err: error }, 'a site that is no longer watched could not be closed; at the next start');
    });
  }

  /** A check whose predecessor is still on its way is left out; the next turn stands. */
  function due(name: string): void {
    const entry = entries.get(name);
    if (entry === undefined) return;
    turns.ordinary(name, entry.site.intervalMs);
    if (entry.busy) return log.debug({ site: entry.site.name }, 'a check was left out: the one before still runs');
    entry.busy = true;
    const urgent = entry.state.phase === 'suspect' || entry.state.phase === 'recovering';
    lanes.add({ host: URL.parse(entry.site.url)?.host ?? entry.site.url, urgent, act: () => check(entry) });
  }

  async function check(entry: Entry): Promise<void> {
    const { site, state } = entry;
    const doubtful = turns.isDoubtful();
    const result = await look(site, state.phase === 'suspect');
    entry.busy = false;
    if (!running || entries.get(site.name) !== entry) return;
    const counted = result !== undefined && !isOurs(result, doubtful) && !guard.isFrozen();
    if (counted) take(entry, result);
    const ends = { startedAt: result?.startedAt ?? clock.now(), endedAt: clock.now(), counted };
    const next = guard.isFrozen() ? undefined : nextCheck(entry.state, entry.site, ends);
    if (next !== undefined) turns.at(site.name, next);
  }

  async function look(site: Site, freshDns: boolean): Promise<ProbeResult | undefined> {
    const { url, deadlineMs, statuses, contains, verifyTls, maxRedirects } = site;
    const text = contains === undefined ? {} : { contains };
    try {
      return await web.probe({ url, deadlineMs, statuses, ...text, verifyTls, maxRedirects, freshDns });
    } catch (error) {
      log.error({ site: site.name, err: error }, 'a check broke down'); // the port promises that it never does
      return undefined;
    }
  }

  function take(entry: Entry, result: ProbeResult): void {
    const before = entry.state;
    entry.state = judge(before, result, entry.site);
    const after = entry.state;
    guard.saw(after.phase === 'suspect' && before.phase !== 'suspect');
    const changed =
      before.phase !== after.phase ||
      before.slowSince !== after.slowSince ||
      before.intermittentSince !== after.intermittentSince ||
      before.certificate?.fingerprint !== after.certificate?.fingerprint;
    if (changed || after.phase !== 'up' || clock.now() - entry.savedAt > saveEveryMs) save(entry);
    announcer.tell(entry);
  }

  function save(entry: Entry): void {
    entry.savedAt = clock.now();
    book.soon(entry.site.name, () => ({ state: entry.state, told: entry.told }));
  }

  function channelOf(site: Pick<Site, 'channel'> | undefined) {
    return site?.channel ?? settings.current().channels.alerts;
  }

  function onBlind(suspects: number): void {
    log.warn({ suspects }, 'site checks are blind: many sites fail and nothing else answers either');
    const channel = channelOf(settings.current().sites.find((site) => site.channel !== undefined));
    if (channel === undefined) return;
    incidents
      .raise(blindKey, { channel, startedAt: clock.now(), ...messages.blind(suspects) })
      .catch((error: unknown) => log.warn({ err: error }, 'the blindness of site checks could not be told'));
  }

  /** Suspicion that arose while we saw nothing is void; suspicion that the others confirmed goes on at once. */
  function onSight(wasBlind: boolean): void {
    for (const entry of entries.values()) {
      if (entry.state.phase !== 'suspect') continue;
      if (wasBlind) entry.state = cleared(entry.state);
      else turns.at(entry.site.name, clock.now());
    }
    if (wasBlind) void endBlindness('sight');
  }

  /** Also at start: the process before may have ended blind. */
  async function endBlindness(when: 'start' | 'sight'): Promise<void> {
    try {
      await incidents.resolve(blindKey, { endedAt: clock.now(), ...messages.seesAgain() });
    } catch (error) {
      log.warn({ when, err: error }, 'the end of the blindness of site checks could not be told');
    }
  }

  async function stop(): Promise<void> {
    running = false;
    turns.stop();
    guard.stop();
    lanes.clear();
    await announcer.close(stopWithinMs);
    for (const entry of entries.values()) save(entry);
    await book.close();
  }

  function views(): readonly SiteView[] {
    return [...entries.values()].map(({ site, state }) => ({
      name: site.name,
      url: site.url.replace(/[?#].*$/, ''),
      state: isStale(site, state.checkedAt) ? 'not checked lately' : shownState(state),
      since: isStale(site, state.checkedAt) ? state.checkedAt : shownSince(state),
      lastMs: state.lastMs,
    }));
  }

  /** Nothing that counts for three turns: we are blind, overloaded, or started a moment ago. */
  function isStale(site: Site, checkedAt: number | undefined): boolean {
    return checkedAt !== undefined && clock.now() - checkedAt > 3 * site.intervalMs + firstWithinMs;
  }

  return { start, stop, views };
}

/** Our own fault, or a silence while we stood still. */
function isOurs({ failure }: ProbeResult, doubtful: boolean): boolean {
  if (failure === undefined) return false;
  const silence = failure.class === 'deadline' || failure.class === 'connect-timeout' || failure.class === 'dns';
  return failure.class === 'monitor' || (doubtful && silence);
}
