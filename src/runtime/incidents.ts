import type { Fence, IncidentRecord } from '#ports/history.ts';
import type { UserId } from '#ports/ids.ts';
import type { IncidentPicture, Incidents, Report, ThreadLine, Tried } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { Line } from '#ports/text.ts';

import { hashPlan } from './ids.ts';
import { careLine, careOf, reopened, reopenedLine, withCare } from './incident-care.ts';
import { createIllustrator, type Illustrated } from './incident-picture.ts';
import { createShowing } from './incident-show.ts';
import { createThreads } from './incident-thread.ts';
import type { World } from './world.ts';

export type IncidentBook = Incidents & {
  /** Changes the open incident by `change`; undefined when it is over or gone. `assignedBy`: who gave it to `acknowledgedBy`. */
  amend: (id: string, change: Change, line: Line) => Promise<IncidentRecord | undefined>;
  /** Renders every card whose newest version is not yet shown: after a crash, and when the chat was away. */
  flush: () => Promise<void>;
  /** Tells the lines that wait for their minute, or gives up after `withinMs`. Safe to repeat. */
  close: (withinMs: number) => Promise<void>;
};

type Change = Partial<Pick<IncidentRecord, 'acknowledgedBy' | 'silencedUntil'>> & { assignedBy?: UserId };

/** The newest lines of a thread that are looked after once more when Deckhand starts. */
const mostLines = 10;
/** Lines of what was tried that a card keeps; the thread has all. */
const mostTried = 10;

/** Incidents in the store, shown on one message each, some of them with a picture. */
export function createIncidents(world: World, illustrated?: Illustrated): IncidentBook {
  const show = createShowing(world);
  const illustrate = illustrated && createIllustrator(world, illustrated, keepPicture);
  const threads = createThreads(world, (incident) => illustrate?.(incident));

  async function raise(key: string, of: Parameters<Incidents['raise']>[1]): Promise<void> {
    await changing(async () => {
      const now = world.clock.now();
      const { care = {}, note } = of;
      const before = await newest(key, now);
      if (before === undefined) {
        const first = firstRecord(world, key, of, now);
        const cared = withCare(first, care);
        return keep(cared, { ...of, note: careLine(first, cared, note) });
      }
      const isOver = before.state === 'resolved';
      const known = isOver ? reopened(before, of.startedAt) : before;
      const cared = withCare({ ...known, report: asJson(withKept(of.report, known)) }, care);
      if (!isOver && isSame(known, cared)) return show(known.id);
      const line = isOver ? reopenedLine(before, note) : note;
      return keep(
        { ...cared, version: known.version + 1, updatedAt: now },
        { ...of, note: careLine(known, cared, line) },
      );
    });
  }

  async function newest(key: string, now: number): Promise<IncidentRecord | undefined> {
    return (await world.history.incidents.open(key)) ?? (await reopenable(key, now));
  }

  async function resolve(key: string, of: Parameters<Incidents['resolve']>[1]): Promise<void> {
    await changing(async () => {
      const known = await world.history.incidents.open(key);
      if (known === undefined) return true;
      const now = world.clock.now();
      return keep(
        {
          ...known,
          state: 'resolved',
          endedAt: of.endedAt,
          report: asJson(withKept(of.report, known)),
          version: known.version + 1,
          updatedAt: now,
        },
        of,
      );
    });
  }

  async function amend(id: string, { assignedBy, ...change }: Change, line: Line): Promise<IncidentRecord | undefined> {
    let result: IncidentRecord | undefined;
    await changing(async () => {
      const known = await world.history.incidents.get(id);
      result = undefined;
      if (known === undefined || known.state !== 'open') return true;
      const report = known.report as unknown as Report; // written by raise and resolve
      result = {
        ...known,
        ...change,
        ...(assignedBy === undefined ? {} : { report: asJson({ ...report, assignedBy }) }),
        version: known.version + 1,
        updatedAt: world.clock.now(),
      };
      return keep(result, { note: line, byPerson: true });
    });
    return result;
  }

  async function silence(key: string, until: number): Promise<void> {
    const known = await world.history.incidents.open(key);
    if (known === undefined || known.silencedUntil === until) return;
    await amend(known.id, { silencedUntil: until }, ['Silenced until ', { at: until, style: 'datetime' }, '.']);
  }

  async function tried(id: string, { key, line }: Tried): Promise<void> {
    await changing(async () => {
      const known = await world.history.incidents.get(id);
      if (known === undefined) return true;
      const report = known.report as unknown as Report; // written by raise and resolve
      const before = report.tried ?? [];
      if (before.some((one) => one.key === key)) return show(known.id);
      const after = { ...report, tried: [...before, { key, line }].slice(-mostTried) };
      return keep(
        { ...known, report: asJson(after), version: known.version + 1, updatedAt: world.clock.now() },
        { note: line, byPerson: true },
      );
    });
  }

  /** The one that ended a short while ago, or whose silence still lasts: it comes back in its old message. */
  async function reopenable(key: string, now: number): Promise<IncidentRecord | undefined> {
    const latest = await world.history.incidents.latest(key);
    if (latest?.endedAt === undefined) return undefined;
    const silenced = latest.silencedUntil !== undefined && latest.silencedUntil > now;
    return silenced || now - latest.endedAt < world.settings.current().alerts.reopenMs ? latest : undefined;
  }

  /** Stores, then shows. False: somebody else was faster; look again. */
  async function keep(changed: IncidentRecord, how: How): Promise<boolean> {
    const { note, fence, byPerson = false, whole = false } = how;
    const line = note === undefined ? undefined : { version: changed.version, line: note, byPerson, whole };
    const incident = line === undefined ? changed : withLine(changed, line);
    if (!(await world.history.incidents.save(incident, fence))) return false;
    await audit(incident);
    await show(incident.id);
    if (line !== undefined) await threads.tell(incident, line);
    // What changes every few seconds is drawn no oftener than it is told.
    if (!whole) illustrate?.(incident);
    return true;
  }

  /** No news: nobody is told but by the message itself. */
  async function keepPicture(id: string, picture: IncidentPicture): Promise<void> {
    await changing(async () => {
      const known = await world.history.incidents.get(id);
      if (known === undefined || known.state !== picture.of) return true;
      const report = { ...(known.report as unknown as Report), picture }; // written by raise and resolve
      if (!(await world.history.incidents.save({ ...known, report: asJson(report), version: known.version + 1 })))
        return false;
      return show(id);
    });
  }

  async function audit(incident: IncidentRecord): Promise<void> {
    const kind = incident.state === 'resolved' ? 'resolved' : 'alert';
    await world.history.audit.append({
      key: `${incident.id}:${kind}:${incident.state === 'resolved' ? incident.endedAt : incident.startedAt}`,
      at: incident.updatedAt,
      kind,
      actor: 'deckhand',
      run: undefined,
      operation: undefined,
      channel: incident.channel,
      targets: [incident.key],
      detail: (incident.report as unknown as Report).title,
    });
  }

  async function flush(): Promise<void> {
    for (const incident of await world.history.incidents.list({ limit: 100, unshown: true })) await show(incident.id);
    await threads.flush();
  }

  return {
    raise,
    resolve,
    amend,
    silence,
    tried,
    flush,
    close: threads.close,
    careOf: async (key) => {
      const known = await newest(key, world.clock.now());
      return known === undefined ? {} : careOf(known);
    },
    isOpen: async (key) => (await world.history.incidents.open(key)) !== undefined,
  };
}

type How = { note?: Line | undefined; fence?: Fence | undefined; byPerson?: boolean; whole?: boolean | undefined };

/** Repeats while others change the same incident; gives up after a few rounds, since each of them showed a newer state. */
async function changing(attempt: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 5; round++) if (await attempt()) return;
}

function firstRecord(world: World, key: string, of: Parameters<Incidents['raise']>[1], now: number): IncidentRecord {
  return {
    id: `inc-${world.randomText(8).replaceAll(/[-_]/g, '0')}`,
    key,
    state: 'open',
    startedAt: of.startedAt,
    endedAt: undefined,
    acknowledgedBy: undefined,
    silencedUntil: undefined,
    channel: of.channel,
    ts: undefined,
    token: '',
    report: asJson(of.report),
    version: 1,
    shown: 0,
    updatedAt: now,
  };
}

function isSame(one: IncidentRecord, other: IncidentRecord): boolean {
  return (
    one.acknowledgedBy === other.acknowledgedBy &&
    one.silencedUntil === other.silencedUntil &&
    hashPlan(one.report) === hashPlan(other.report)
  );
}

/** Stored with the change it tells. Of lines that say the whole state only the newest is still to be told. */
function withLine(incident: IncidentRecord, line: ThreadLine): IncidentRecord {
  const report = incident.report as unknown as Report; // written by raise and resolve
  const before = (report.lines ?? []).filter((one) => !(line.whole && one.whole));
  return { ...incident, report: asJson({ ...report, lines: [...before, line].slice(-mostLines) }) };
}

/** The report of a watcher, with what was tried so far, the newest picture, since when it is open again, and who has assigned it. */
function withKept(report: Report, known: IncidentRecord): Report {
  const { tried, picture, again, assignedBy, lines } = known.report as unknown as Report; // written by raise and resolve
  return {
    ...report,
    ...(lines === undefined ? {} : { lines }),
    ...(tried === undefined ? {} : { tried }),
    ...(picture === undefined ? {} : { picture }),
    ...(again === undefined ? {} : { again }),
    ...(assignedBy === undefined ? {} : { assignedBy }),
  };
}

/** Reports are plain data by their type; `Json` just cannot see it. */
function asJson(report: Report): Json {
  return report;
}
