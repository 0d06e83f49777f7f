import type { Cancel, Clock, Log } from '#ports/clock.ts';
import type { Fence } from '#ports/history.ts';
import type { ChannelId, InstanceId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Site } from '#ports/site-settings.ts';

import type { Book } from './book.ts';
import { createCompany } from './company.ts';
import type { Watched } from './groups.ts';
import { keyOf, type Owed, owed, sameAsBefore, type Told, topics } from './incident.ts';
import type { Kin } from './kin.ts';
import { createLanes } from './lanes.ts';
import * as messages from './messages.ts';
import { type FindServer, type Server, serverMark } from './server.ts';
import { createSharedCertificates } from './shared-certificates.ts';
import { isDown } from './state.ts';
import { beforeOf, keep } from './told.ts';
import { endWords, titles, words } from './words.ts';

export type Announcer = {
  /** Tells what people must know by now, soon, and again until it succeeded. Cheap when there is nothing. */
  tell: (of: Watched) => void;
  /** Planned work is over: what is as it was before is not told. */
  tellAfterWork: (of: Watched) => void;
  /** Nobody is notified of what is open of it until then; its messages go on being edited. Best effort. */
  silence: (of: Watched, until: number) => Promise<void>;
  /** Takes up who is told in whose message. */
  load: (all: Iterable<Watched>) => void;
  /** Ends what is open of a site that is no longer watched, and forgets it. Rejects when that failed. */
  retire: (name: string, told: Told, why: messages.NotWatched) => Promise<void>;
  /** Resolves when nothing is being told, or after `withinMs`. Nothing new is told afterwards. */
  close: (withinMs: number) => Promise<void>;
};

export type AnnouncerWorld = {
  incidents: Incidents;
  book: Book;
  find: FindServer;
  /** A run works on this server, so what it answers now is our own doing. */
  isHeld: (server: InstanceId) => Promise<boolean>;
  channelOf: (site: Site) => ChannelId | undefined;
  /** A watched site of which may be told now; not one in maintenance. */
  get: (name: string) => Watched | undefined;
  all: () => Iterable<Watched>;
  kin: Kin;
  rules: () => { waitMs: number; members: number; reopenMs: number };
  fence: Fence | undefined;
  clock: Clock;
  log: Log;
};

/** At once, so that a mass outage does not flood the store; and the gap before a failed telling is tried again. */
const mostAtOnce = 8;
const tryAgainMs = 10_000;

export function createAnnouncer(world: AnnouncerWorld): Announcer {
  const { incidents, book, clock, log, fence } = world;
  // One at a time per site: a site's name takes the part of the host.
  const lanes = createLanes(() => ({ total: mostAtOnce, perHost: 1 }));
  const queued = new Set<string>();
  const afterWork = new Set<string>();
  const timers = new Map<string, Cancel>();
  const company = createCompany(world);
  const shared = createSharedCertificates(world);
  let closed = false;

  function tell(of: Watched): void {
    const { name } = of.site;
    if (closed || queued.has(name) || world.get(name) !== of || !isNews(of)) return;
    queued.add(name);
    lanes.add({ host: name, urgent: true, act: () => attempt(of) });
  }

  function tellAfterWork(of: Watched): void {
    afterWork.add(of.site.name);
    tell(of);
  }

  function tellSoon(name: string, afterMs: number): void {
    timers.get(name)?.();
    const act = () => {
      timers.delete(name);
      const of = world.get(name);
      if (of !== undefined) tell(of);
    };
    timers.set(name, clock.after(afterMs, act));
  }

  async function attempt(of: Watched): Promise<void> {
    const { name } = of.site;
    queued.delete(name);
    try {
      if (world.get(name) === of) await tellAll(of);
    } catch (error) {
      log.warn({ site: name, err: error }, 'an incident of a site could not be told yet; trying again');
      if (!closed) tellSoon(name, tryAgainMs);
    }
  }

  async function tellAll(of: Watched): Promise<void> {
    const channel = world.channelOf(of.site);
    if (channel === undefined) return;
    if (shared.hasLostTeller(of)) of.told = { ...of.told, certificate: undefined };
    const own = await place(of);
    const server: Server = own && isDown(of.state) ? await world.find(of.site.instance) : { kind: 'none' };
    const { site, state } = of; // as one: a check may end while we tell
    const sharers = () => shared.sharersOf(of).map((one) => one.site.name);
    const facts = { site, state, server, now: clock.now(), followers: company.of(site.name), sharers };
    if (afterWork.delete(site.name)) of.told = sameAsBefore({ ...facts, told: of.told, server: serverMark(server) });
    for (const item of owed({ ...facts, told: of.told, server: serverMark(server) })) {
      if (item.topic === 'down' && (!own || (await isOurDoing(item, of.told, server)))) continue;
      if (item.topic === 'certificate' && shared.isToldOnce(of, item)) continue;
      if (item.act === 'resolve') await tellEnd(of, item, facts);
      else await tellNews(of, item, { ...facts, channel });
    }
  }

  async function tellNews(
    of: Watched,
    item: Owed & { act: 'raise' },
    facts: Parameters<typeof words>[1] & { channel: ChannelId },
  ): Promise<void> {
    const { name } = of.site;
    keep(of, item.topic, { mark: item.mark, sent: false, at: facts.now, over: false });
    // Written first: after a crash in between, what may be open is ended or told again.
    await book.now(name, { state: of.state, told: of.told });
    const { channel } = facts;
    const { startedAt } = item;
    await incidents.raise(keyOf(item.topic, name), { channel, startedAt, ...words(item, facts), fence });
    keep(of, item.topic, { ...beforeOf(of, item.topic), sent: true });
    book.soon(name, () => ({ state: of.state, told: of.told }));
  }

  async function tellEnd(
    of: Watched,
    item: Owed & { act: 'resolve' },
    facts: Parameters<typeof endWords>[1],
  ): Promise<void> {
    const { name } = of.site;
    const told = endWords(item, facts);
    // Written first: after a crash in between, one that is down again is news, and not what was told before.
    await book.now(name, { state: of.state, told: of.told });
    await incidents.resolve(keyOf(item.topic, name), { endedAt: item.endedAt, ...told, fence });
    const before = beforeOf(of, item.topic);
    keep(of, item.topic, { ...before, sent: true, over: true, ...(item.topic === 'down' ? { at: facts.now } : {}) });
    book.soon(name, () => ({ state: of.state, told: of.told }));
    if (item.topic === 'down') for (const left of company.release(name)) tellSoon(left, 0);
  }

  /** Whether its outage is told in a message of its own. Else it waits for others, or is told in theirs. */
  async function place(of: Watched): Promise<boolean> {
    const { name } = of.site;
    const placed = company.place(of);
    if (placed.kind === 'own') return true;
    if (placed.kind === 'wait') tellSoon(name, Math.max(0, placed.until - clock.now()));
    if (placed.kind === 'part') {
      if (placed.folds) await fold(name, placed.leader);
      if (placed.folds) company.join(of, placed);
      if (placed.isNews) tellSoon(placed.leader, 0);
    }
    return false;
  }

  /** It had its own message, and is part of another one from here. */
  async function fold(name: string, leader: string): Promise<void> {
    await incidents.resolve(keyOf('down', name), { endedAt: clock.now(), ...messages.folded(name, leader), fence });
  }

  /** A restart or restore takes its site down for a while; still down afterwards, it is told. */
  async function isOurDoing(item: Owed, told: Told, server: Server): Promise<boolean> {
    const isFirst = item.act === 'raise' && told.down?.over !== false;
    return isFirst && server.kind === 'found' && (await world.isHeld(server.id));
  }

  /** Of a site that is down the server is asked again every time, as its state decides about the buttons. */
  function isNews(of: Watched): boolean {
    if (isDown(of.state) || afterWork.has(of.site.name) || shared.hasLostTeller(of)) return true;
    return owed({ ...of, now: clock.now(), server: '', followers: company.of(of.site.name) }).length > 0;
  }

  async function retire(name: string, told: Told, why: messages.NotWatched): Promise<void> {
    timers.get(name)?.();
    for (const topic of topics) {
      if (told[topic] === undefined || told[topic].over || told[topic].follows !== undefined) continue;
      const { report, note } = messages.unwatched(name, titles[topic], why);
      await incidents.resolve(keyOf(topic, name), { endedAt: clock.now(), report, note, fence });
    }
    for (const left of company.release(name)) tellSoon(left, 0);
    const leader = told.down?.follows;
    if (leader !== undefined) tellSoon(leader, 0);
    await book.forget([name]);
  }

  async function close(withinMs: number): Promise<void> {
    closed = true;
    lanes.clear();
    for (const cancel of timers.values()) cancel();
    const until = clock.monotonic() + withinMs;
    while (lanes.counts().running > 0 && clock.monotonic() < until) await clock.sleep(50);
  }

  async function silence({ site: { name } }: Watched, until: number): Promise<void> {
    try {
      for (const topic of topics) await incidents.silence(keyOf(topic, name), until);
    } catch (error) {
      log.warn({ site: name, err: error }, 'an open incident of a silenced site could not be silenced');
    }
  }

  return { tell, tellAfterWork, silence, load: company.load, retire, close };
}
