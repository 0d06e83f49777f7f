import { z } from 'zod';

import { choosePlaces, takePlace } from '#lib/places.ts';
import { createWindows } from '#lib/windows.ts';
import { readWords } from '#lib/words.ts';
import { dayMs, type Facts, mayAct, obstacleOf, type Try } from '#policy/may-act.ts';
import type { Automatic } from '#ports/automatic.ts';
import type { Calendar } from '#ports/clock.ts';
import type { Where } from '#ports/clouds.ts';
import { type IncidentRecord, openRunStates, type Run } from '#ports/history.ts';
import { deckhand, type RunId } from '#ports/ids.ts';
import { blindKey, givenUp, type Incidents, type Remedy, type Report } from '#ports/incidents.ts';
import type { ServerRule, Settings } from '#ports/settings.ts';
import type { AutoRule } from '#ports/site-settings.ts';

import { whoStopped } from './automatic-switch.ts';
import type { Freeze } from './freeze.ts';
import { runIdOf } from './ids.ts';
import { openSince } from './incident-care.ts';
import { findChange } from './run-record.ts';
import type { World } from './world.ts';

const prefix = 'remediation:';
const Kept = z.array(z.object({ id: z.string(), at: z.number(), incident: z.string(), rule: z.string() }));
type Kept = z.infer<typeof Kept>;

/** Tries that are remembered of one thing; more than a day's worth of all remedies. */
const mostKept = 100;
/** How long a watcher gets to see that what ended well has helped. */
const settleMs = 3 * 60_000;
/** What a rule for servers begins with; what follows is its name. */
const ofServers = 'server:';
/** Open incidents looked at in one round. */
const mostIncidents = 1_000;

type Needs = {
  world: World & { calendar: Pick<Calendar, 'last'> };
  automatic: Automatic;
  incidents: Incidents;
  whyNotAct: WhyNotAct;
  freeze: () => Freeze | undefined;
  /** Tells the people who are needed now. */
  onGivenUp: () => Promise<void>;
};
/** A last look at what an incident is about: why nothing may be done for it now; undefined: it may. Throws when nobody knows. */
export type WhyNotAct = (of: {
  incident: IncidentRecord;
  operation: string;
  place: Where;
  rule?: ServerRule | undefined;
  run?: RunId | undefined;
  chosen?: boolean;
}) => Promise<string | undefined>;

/**
 * Acts by itself on open incidents, where deckhand.yml allows it (`policy/may-act.ts` decides). A try is written down before
 * it is asked for, and its id is the same however often it is asked: after a crash it happens once.
 */
export function createRemediation(needs: Needs): () => Promise<void> {
  const { world, automatic, incidents, whyNotAct, freeze } = needs;
  const spanOf = createWindows(world.calendar);

  return async function remedy() {
    const settings = world.settings.current();
    const open = await world.history.incidents.list({ limit: mostIncidents, state: 'open' });
    const able = open.filter((one) => remediesOf(one, settings).some(({ auto }) => auto !== undefined));
    if (able.length === 0) return;
    const stopped = (await whoStopped(world.history)) !== undefined;
    const blind = await incidents.isOpen(blindKey);
    const runs = await world.history.runs.recent({ limit: 500, states: openRunStates });
    const today = countToday(await world.history.watch.load(prefix), world.clock.now());
    for (const incident of able)
      await one(incident, { settings, stopped, blind, runs, today }).catch((error: unknown) =>
        world.log.warn({ incident: incident.id, err: error }, 'nothing could be decided about a remedy yet'),
      );
  };

  type Round = {
    settings: Settings;
    stopped: boolean;
    blind: boolean;
    runs: readonly Run[];
    today: Map<string, number>;
  };

  async function one(incident: IncidentRecord, round: Round): Promise<void> {
    const { settings, stopped, blind, runs, today } = round;
    const now = world.clock.now();
    const kept = await load(incident.key);
    const remedies = remediesOf(incident, settings).map((of): Ruled => ({
      ...of,
      shut: of.auto?.window !== undefined && spanOf(of.auto.window, now) === undefined,
      // A rule for servers has one bound for all of them together.
      ...(of.server === undefined ? {} : { today: today.get(of.rule) ?? 0 }),
    }));
    const { sites = [] } = reportOf(incident);
    const facts: Facts = {
      now,
      incident: { ...incident, startedAt: openSince(incident), taken: incident.acknowledgedBy !== undefined },
      remedies,
      tries: await Promise.all(kept.map((of) => tryOf(of, incident, now))),
      busy: runs.some(({ order }) => order.incident === incident.id && order.requester !== deckhand),
      stopped,
      freeze: freeze()?.name,
      several: sites.length > 1,
      blind,
    };
    const ruling = mayAct(facts);
    // A crash may have come between the record of the newest try and its asking.
    const newest = kept.at(-1);
    const isLost =
      newest?.incident === incident.id &&
      obstacleOf(facts) === undefined &&
      (await world.history.runs.get(runIdOf(newest.id))) === undefined;
    const rule = ruling.kind === 'act' ? ruling.rule : isLost ? newest.rule : undefined;
    const chosen = remedies.find((of): of is Allowed => of.rule === rule && of.auto !== undefined);
    if (chosen !== undefined) {
      if (await isHindered(incident, chosen)) return;
      const id = `remedy:${incident.id}:${newest?.at ?? 0}:${chosen.rule}`;
      if (ruling.kind !== 'act') return ask(incident, newest!.id, chosen);
      await save(incident.key, [...kept, { id, at: now, incident: incident.id, rule: chosen.rule }]);
      today.set(chosen.rule, (today.get(chosen.rule) ?? 0) + 1);
      return ask(incident, id, chosen);
    }
    if (ruling.kind === 'people' && !(await isHindered(incident, remedies[0]!))) await handOver(incident, ruling.why);
  }

  /** Servers are looked at once more; a site is by what mends it. */
  async function isHindered(incident: IncidentRecord, { remedy, server }: Ruled): Promise<boolean> {
    if (server === undefined) return false;
    const place = placeOf(remedy);
    const why = await whyNotAct({ incident, operation: remedy.operation, place, rule: server });
    if (why !== undefined) world.log.debug({ incident: incident.id, why }, 'a remedy is not begun now');
    return why !== undefined;
  }

  /** Repeatable: the same id is the same run. */
  async function ask(incident: IncidentRecord, id: string, { remedy, auto, server }: Allowed): Promise<void> {
    if (server !== undefined)
      await incidents.tried(incident.id, { key: `${id}:begun`, line: begunLine(remedy, server) });
    const { words } = takePlace(readWords(remedy.line, ['from']));
    await automatic.start({
      id,
      operation: remedy.operation,
      args: findChange(world, remedy.operation).parse(words),
      channel: incident.channel,
      place: placeOf(remedy),
      approval: auto.approval,
      because: `remedy of ${incident.key.replace(/^(site|instance|event):/, '')}`,
      quiet: true,
      incident: incident.id,
    });
  }

  function placeOf(remedy: Remedy): Where {
    const { account, region } = choosePlaces(
      world.clouds.places(),
      takePlace(readWords(remedy.line, ['from'])).wanted,
    )[0]!;
    return { account, region };
  }

  async function handOver(incident: IncidentRecord, why: string): Promise<void> {
    if (reportOf(incident).tried?.some(({ key }) => key === givenUp) === true) return;
    const line = `By itself · gives up: ${why}. People must look now.`;
    await incidents.tried(incident.id, { key: givenUp, line });
    await needs.onGivenUp();
  }

  /** How a try went, by its run; that its incident is still open is what tells whether it helped. */
  async function tryOf({ id, ...of }: Kept[number], incident: IncidentRecord, now: number): Promise<Try> {
    const run = await world.history.runs.get(runIdOf(id));
    if (run !== undefined) return { ...of, end: endOf(run, now) };
    const asked = await world.engine.state(`automatic:${id}`);
    // One of an incident that is over, and never asked for, will not be.
    const isGone = asked === undefined && of.incident !== incident.id;
    return { ...of, end: isGone || (asked !== undefined && asked !== 'running') ? 'void' : 'open' };
  }

  async function load(key: string): Promise<Kept> {
    const rows = await world.history.watch.load(`${prefix}${key}`);
    return Kept.safeParse(rows.get(`${prefix}${key}`)).data ?? [];
  }

  async function save(key: string, tries: Kept): Promise<void> {
    await world.history.watch.save(new Map([[`${prefix}${key}`, tries.slice(-mostKept)]]));
  }
}

/** Pure. */
export function endOf(run: Run, now: number): Try['end'] {
  switch (run.state) {
    case 'waiting':
    case 'running':
      return 'open';
    case 'done': {
      const { helped } = z.object({ helped: z.boolean().optional() }).catch({}).parse(run.result);
      if (helped !== undefined) return helped ? 'helped' : 'failed';
      // What does not look by itself: that the incident is still open afterwards tells it.
      return now - (run.endedAt ?? now) < settleMs ? 'open' : 'failed';
    }
    case 'denied':
    case 'cancelled':
      return 'refused';
    case 'changed':
    case 'expired':
      return 'void';
    case 'undone':
    case 'stuck':
      return 'failed';
  }
}

type Ruled = {
  remedy: Remedy;
  rule: string;
  auto: AutoRule | undefined;
  /** The rule, where it is one for servers. */
  server: ServerRule | undefined;
  shut?: boolean;
  today?: number;
};
type Allowed = Ruled & { auto: AutoRule };

/** What deckhand.yml says now: a card may be older. */
function remediesOf(incident: IncidentRecord, { sites, remediation }: Settings): readonly Ruled[] {
  return reportOf(incident).remedies.flatMap((remedy): readonly Ruled[] => {
    const { rule } = remedy;
    if (rule === undefined) return [];
    const server = remediation.find(({ name }) => rule === `${ofServers}${name}`);
    if (server !== undefined || rule.startsWith(ofServers)) return [{ remedy, rule, auto: server?.auto, server }];
    const [name, key] = [rule.slice(0, rule.indexOf('/')), rule.slice(rule.indexOf('/') + 1)];
    const site = sites.find((one) => one.name === name);
    return [{ remedy, rule, auto: site?.remedies?.find((one) => one.key === key)?.auto, server }];
  });
}

/** Tries of each rule in 24 h, of everything there is. */
function countToday(rows: ReadonlyMap<string, unknown>, now: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule, at } of [...rows.values()].flatMap((row) => Kept.safeParse(row).data ?? []))
    if (now - at < dayMs) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return counts;
}

function begunLine({ label }: Remedy, { name, auto }: ServerRule): string {
  const what = label.replace('…', '');
  return auto.approval.kind === 'none'
    ? `By itself · begins: ${what} (rule ${name})`
    : `By itself · proposes: ${what} (rule ${name}). A person must press.`;
}

function reportOf(incident: IncidentRecord): Report {
  return incident.report as unknown as Report; // written by the incident book
}
