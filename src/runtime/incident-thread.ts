import type { Cancel } from '#ports/clock.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Report, ThreadLine } from '#ports/incidents.ts';

import { note } from './posting.ts';
import type { World } from './world.ts';

/** How often a thread gets a line that says all there is to say; fifty sites that fail one by one would be fifty lines. */
const gapMs = 60_000;

/** Where lines were still to be told when Deckhand died: alerts that are open, or have ended since. */
const lookedAfter = 200;

type Held = { incident: IncidentRecord; line: ThreadLine; cancel: Cancel };

/**
 * The lines in the threads of incidents. Of those that say the whole state the newest is told once a minute, and before any
 * other line, so that none is missing at the end. They are stored with the incident: what a crash or Slack's absence left
 * is told by `flush`. `onWhole`: such a line was told. Never throws, but `flush` with the store.
 */
export function createThreads(world: World, onWhole: (incident: IncidentRecord) => void) {
  const toldAt = new Map<string, number>();
  const held = new Map<string, Held>();
  const missed = new Set<string>();
  let isFirst = true;

  async function tell(incident: IncidentRecord, line: ThreadLine): Promise<void> {
    const { id, state } = incident;
    const { byPerson, whole } = line;
    if (byPerson) return say({ incident, line });
    const now = world.clock.now();
    const waitMs = (toldAt.get(id) ?? -Infinity) + gapMs - now;
    if (whole && state === 'open' && waitMs > 0) return hold(incident, line, waitMs);
    const older = take(id);
    if (!whole && older !== undefined) await say(older);
    if (state === 'open') toldAt.set(id, now);
    else toldAt.delete(id);
    await say({ incident, line });
    if (whole) onWhole(incident);
  }

  function hold(incident: IncidentRecord, line: ThreadLine, waitMs: number): void {
    const { id } = incident;
    const cancel = held.get(id)?.cancel ?? world.clock.after(waitMs, () => void release(id));
    held.set(id, { incident, line, cancel });
  }

  async function release(id: string): Promise<void> {
    const waiting = take(id);
    if (waiting === undefined) return;
    toldAt.set(id, world.clock.now());
    await say(waiting);
    onWhole(waiting.incident);
  }

  function take(id: string): Held | undefined {
    const waiting = held.get(id);
    held.delete(id);
    waiting?.cancel();
    return waiting;
  }

  async function say({ incident, line }: Pick<Held, 'incident' | 'line'>): Promise<void> {
    try {
      const isMute = !line.byPerson && isSilenced(incident, world.clock.now());
      if (isMute) await mute(incident, line);
      else if (!(await post(incident, line))) missed.add(incident.id);
    } catch (error) {
      missed.add(incident.id);
      world.log.warn({ incident: incident.id, err: error }, 'a line of an incident could not be told');
    }
  }

  /** False: not yet. */
  async function post(incident: IncidentRecord, { version, line }: ThreadLine): Promise<boolean> {
    const card = await world.history.cards.of('incident', incident.id);
    if (card?.ts === undefined) return false;
    const { alert } = reportOf(incident);
    const message = { alert, sections: [{ kind: 'text' as const, lines: [line] }] };
    return note(world, incident.id, `v${version}`, { channel: card.channel, ts: card.ts }, message);
  }

  /** It counts as told, also when the silence is over. */
  async function mute({ id }: IncidentRecord, { version }: ThreadLine): Promise<void> {
    await world.history.intents.begin(id, `note v${version}`);
  }

  /** Tells what an earlier process left, and what could not be told at its time. */
  async function flush(): Promise<void> {
    const ids = isFirst ? await leftBehind() : [...missed];
    isFirst = false;
    for (const id of ids) {
      missed.delete(id);
      const incident = await world.history.incidents.get(id);
      if (incident !== undefined) await again(incident);
    }
  }

  async function leftBehind(): Promise<readonly string[]> {
    const [newest, open] = await Promise.all([
      world.history.incidents.list({ limit: lookedAfter }),
      world.history.incidents.list({ limit: lookedAfter, state: 'open' }),
    ]);
    return [...new Set([...newest, ...open].map(({ id }) => id))];
  }

  /** In their order; what was told is told no second time. */
  async function again(incident: IncidentRecord): Promise<void> {
    for (const line of reportOf(incident).lines ?? [])
      if (held.get(incident.id)?.line.version !== line.version) await say({ incident, line });
  }

  /** Tells what waits, or gives up after `withinMs`. */
  async function close(withinMs: number): Promise<void> {
    let cancel: Cancel = () => undefined;
    const late = new Promise<void>((resolve) => void (cancel = world.clock.after(withinMs, resolve)));
    await Promise.race([Promise.all([...held.keys()].map(release)), late]);
    cancel();
  }

  return { tell, flush, close };
}

function isSilenced(incident: IncidentRecord, now: number): boolean {
  return incident.state === 'open' && incident.silencedUntil !== undefined && incident.silencedUntil > now;
}

function reportOf(incident: IncidentRecord): Report {
  return incident.report as unknown as Report; // written by the incident book
}
