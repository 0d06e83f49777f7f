import type { Clock, Log } from '#ports/clock.ts';
import type { ChannelId, InstanceId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { Site } from '#ports/settings.ts';

import type { Book } from './book.ts';
import { keyOf, type Owed, owed, type Told, type Topic, topics } from './incident.ts';
import { createLanes } from './lanes.ts';
import * as messages from './messages.ts';
import { type FindServer, type Server, serverMark } from './server.ts';
import type { SiteState } from './verdict.ts';

/** A watched site with all we know of it. */
export type Watched = { site: Site; state: SiteState; told: Told };
export type Announcer = {
  /** Tells what people must know by now, soon, and again until it succeeded. Cheap when there is nothing. */
  tell: (of: Watched) => void;
  /** Ends what is open of a site that is no longer watched, and forgets it. Rejects when that failed. */
  retire: (name: string, told: Told) => Promise<void>;
  /** Resolves when nothing is being told, or after `withinMs`. Nothing new is told afterwards. */
  close: (withinMs: number) => Promise<void>;
};

/** At once, so that a mass outage does not flood the store; and the gap before a failed telling is tried again. */
const mostAtOnce = 8;
const tryAgainMs = 10_000;

export function createAnnouncer(world: {
  incidents: Incidents;
  book: Book;
  find: FindServer;
  /** A run works on this server, so what it answers now is our own doing. */
  isHeld: (server: InstanceId) => Promise<boolean>;
  channelOf: (site: Site) => ChannelId | undefined;
  clock: Clock;
  log: Log;
}): Announcer {
  const { incidents, book, clock, log } = world;
  // One at a time per site: a site's name takes the part of the host.
  const lanes = createLanes({ total: mostAtOnce, perHost: 1 });
  const queued = new Set<string>();
  let closed = false;

  function tell(of: Watched): void {
    const { name } = of.site;
    if (closed || queued.has(name) || !isNews(of)) return;
    queued.add(name);
    lanes.add({ host: name, urgent: true, act: () => attempt(of) });
  }

  async function attempt(of: Watched): Promise<void> {
    queued.delete(of.site.name);
    try {
      await tellAll(of);
    } catch (error) {
      log.warn({ site: of.site.name, err: error }, 'an incident of a site could not be told yet; trying again');
      if (!closed) clock.after(tryAgainMs, () => tell(of));
    }
  }

  async function tellAll(of: Watched): Promise<void> {
    const channel = world.channelOf(of.site);
    if (channel === undefined) return;
    const server: Server = isDown(of.state) ? await world.find(of.site.instance) : { kind: 'none' };
    const { site, state } = of; // as one: a check may end while we tell
    for (const item of owed({ ...of, now: clock.now(), server: serverMark(server) })) {
      if (item.act === 'raise' && item.topic === 'down' && of.told.down?.over !== false && (await isOurDoing(server)))
        continue;
      const key = keyOf(item.topic, site.name);
      if (item.act === 'resolve') {
        const { report, note } = endWords(item, { site, state });
        await incidents.resolve(key, { endedAt: item.endedAt, report, note });
        of.told = { ...of.told, [item.topic]: { ...beforeOf(of, item.topic), sent: true, over: true } };
      } else {
        const now = clock.now();
        of.told = { ...of.told, [item.topic]: { mark: item.mark, sent: false, at: now, over: false } };
        // Written first: after a crash in between, what may be open is ended or told again.
        await book.now(site.name, { state: of.state, told: of.told });
        const { report, note } = words(item, { site, state, server, now });
        await incidents.raise(key, { channel, startedAt: item.startedAt, report, note });
        of.told = { ...of.told, [item.topic]: { ...beforeOf(of, item.topic), sent: true } };
      }
      book.soon(site.name, () => ({ state: of.state, told: of.told }));
    }
  }

  /** A restart or restore takes its site down for a while; still down afterwards, it is told. */
  async function isOurDoing(server: Server): Promise<boolean> {
    return server.kind === 'found' && world.isHeld(server.id);
  }

  /** Of a site that is down the server is asked again every time, as its state decides about the buttons. */
  function isNews(of: Watched): boolean {
    return isDown(of.state) || owed({ ...of, now: clock.now(), server: '' }).length > 0;
  }

  async function retire(name: string, told: Told): Promise<void> {
    for (const topic of topics) {
      if (told[topic] === undefined || told[topic].over) continue;
      const { report, note } = messages.unwatched(name, titles[topic]);
      await incidents.resolve(keyOf(topic, name), { endedAt: clock.now(), report, note });
    }
    await book.forget([name]);
  }

  async function close(withinMs: number): Promise<void> {
    closed = true;
    lanes.clear();
    const until = clock.monotonic() + withinMs;
    while (lanes.counts().running > 0 && clock.monotonic() < until) await clock.sleep(50);
  }

  return { tell, retire, close };
}

const titles = {
  down: 'Site down',
  slow: 'Site slow',
  intermittent: 'Site intermittent',
  certificate: 'Certificate',
} as const satisfies Record<Topic, string>;

function isDown(state: SiteState): boolean {
  return state.phase === 'down' || state.phase === 'recovering';
}

function beforeOf(of: Watched, topic: Topic): NonNullable<Told[Topic]> {
  return of.told[topic] ?? { mark: '', sent: false, at: 0, over: false };
}

function words(
  item: Owed & { act: 'raise' },
  of: { site: Site; state: SiteState; server: Server; now: number },
): messages.Words {
  switch (item.topic) {
    case 'down':
      return messages.down({ ...of, first: item.first });
    case 'slow':
      return messages.slow(of);
    case 'intermittent':
      return messages.intermittent(of);
    case 'certificate':
      return messages.certificate(of);
  }
}

function endWords(item: Owed, of: { site: Site; state: SiteState }): messages.Words {
  switch (item.topic) {
    case 'down':
      return messages.upAgain(of);
    case 'slow':
      return messages.slowOver(of);
    case 'intermittent':
      return messages.intermittentOver(of);
    case 'certificate':
      return messages.certificateOver(of);
  }
}
