import type { Cancel } from '#ports/clock.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import { note } from './posting.ts';
import type { World } from './world.ts';

/** How often a thread gets a line that says all there is to say; fifty sites that fail one by one would be fifty lines. */
const gapMs = 60_000;

/** Silence is for what the watchers find; what people do always stands in the timeline. */
export type ThreadLine = { line: Line; byPerson: boolean; whole: boolean };
type Held = { incident: IncidentRecord; line: Line; cancel: Cancel };

/**
 * The lines in the threads of incidents. Of those that say the whole state the newest is told once a minute, and before any
 * other line, so that none is missing at the end. `onWhole`: such a line was told. Never throws.
 */
export function createThreads(world: World, onWhole: (incident: IncidentRecord) => void) {
  const toldAt = new Map<string, number>();
  const held = new Map<string, Held>();

  async function tell(incident: IncidentRecord, { line, byPerson, whole }: ThreadLine): Promise<void> {
    const { id, state } = incident;
    if (byPerson) return post(incident, line);
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

  function hold(incident: IncidentRecord, line: Line, waitMs: number): void {
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
    if (!isSilenced(incident, world.clock.now())) await post(incident, line);
  }

  async function post(incident: IncidentRecord, line: Line): Promise<void> {
    try {
      const card = await world.history.cards.of('incident', incident.id);
      if (card?.ts === undefined) return;
      const { alert } = incident.report as unknown as Report; // written by the incident book
      const message = { alert, sections: [{ kind: 'text' as const, lines: [line] }] };
      await note(world, incident.id, `v${incident.version}`, { channel: card.channel, ts: card.ts }, message);
    } catch (error) {
      world.log.warn({ incident: incident.id, err: error }, 'a line of an incident could not be told');
    }
  }

  /** Tells what waits, or gives up after `withinMs`. */
  async function close(withinMs: number): Promise<void> {
    let cancel: Cancel = () => undefined;
    const late = new Promise<void>((resolve) => void (cancel = world.clock.after(withinMs, resolve)));
    await Promise.race([Promise.all([...held.keys()].map(release)), late]);
    cancel();
  }

  return { tell, close };
}

function isSilenced(incident: IncidentRecord, now: number): boolean {
  return incident.state === 'open' && incident.silencedUntil !== undefined && incident.silencedUntil > now;
}
