import { z } from 'zod';

import { choosePlaces, takePlace } from '#lib/places.ts';
import { createWindows } from '#lib/windows.ts';
import { readWords } from '#lib/words.ts';
import { type Facts, mayAct, type Try } from '#policy/may-act.ts';
import type { Automatic } from '#ports/automatic.ts';
import type { Calendar } from '#ports/clock.ts';
import { type IncidentRecord, openRunStates, type Run } from '#ports/history.ts';
import { deckhand } from '#ports/ids.ts';
import type { Incidents, Remedy, Report } from '#ports/incidents.ts';
import type { AutoRule, Settings } from '#ports/settings.ts';

import { whoStopped } from './automatic-switch.ts';
import { runIdOf } from './ids.ts';
import { findChange } from './run-record.ts';
import type { World } from './world.ts';

const prefix = 'remediation:';
const Kept = z.array(z.object({ id: z.string(), at: z.number(), incident: z.string(), rule: z.string() }));
type Kept = z.infer<typeof Kept>;

/** Tries that are remembered of one thing; more than a day's worth of all remedies. */
const mostKept = 100;
/** How long a watcher gets to see that what ended well has helped. */
const settleMs = 3 * 60_000;
/** Open incidents looked at in one round. */
const mostIncidents = 1_000;

/** `key` of what was tried that says: people must. */
export const givenUp = 'given-up';

type Needs = { world: World & { calendar: Pick<Calendar, 'last'> }; automatic: Automatic; incidents: Incidents };

/**
 * Acts by itself on open incidents, where deckhand.yml allows it (`policy/may-act.ts` decides). A try is written down before
 * it is asked for, and its id is the same however often it is asked: after a crash it happens once.
 */
export function createRemediation({ world, automatic, incidents }: Needs): () => Promise<void> {
  const spanOf = createWindows(world.calendar);

  return async function remedy() {
    const settings = world.settings.current();
    const open = await world.history.incidents.list({ limit: mostIncidents, state: 'open' });
    const able = open.filter((one) => remediesOf(one, settings).some(({ auto }) => auto !== undefined));
    if (able.length === 0) return;
    const stopped = (await whoStopped(world.history)) !== undefined;
    const runs = await world.history.runs.recent({ limit: 500, states: openRunStates });
    for (const incident of able)
      await one(incident, { settings, stopped, runs }).catch((error: unknown) =>
        world.log.warn({ incident: incident.id, err: error }, 'nothing could be decided about a remedy yet'),
      );
  };

  type Round = { settings: Settings; stopped: boolean; runs: readonly Run[] };

  async function one(incident: IncidentRecord, { settings, stopped, runs }: Round): Promise<void> {
    const now = world.clock.now();
    const kept = await load(incident.key);
    const remedies = remediesOf(incident, settings);
    const { sites = [] } = reportOf(incident);
    const ruling = mayAct({
      now,
      incident: { ...incident, taken: incident.acknowledgedBy !== undefined },
      remedies,
      tries: await Promise.all(kept.map((of) => tryOf(of, now))),
      busy: runs.some(({ order }) => order.incident === incident.id && order.requester !== deckhand),
      stopped,
      freeze: settings.freeze.find((window) => spanOf(window, now) !== undefined)?.name,
      several: sites.length > 1,
    });
    if (ruling.kind === 'act') {
      const { remedy, auto } = remedies.find(({ rule }) => rule === ruling.rule)!;
      const id = `remedy:${incident.id}:${kept.length === 0 ? 0 : kept.at(-1)!.at}:${ruling.rule}`;
      await save(incident.key, [...kept, { id, at: now, incident: incident.id, rule: ruling.rule }]);
      return ask(incident, { id, remedy, auto: auto! });
    }
    // A crash may have come between the record of the newest try and its asking.
    const newest = kept.at(-1);
    const again = newest?.incident === incident.id ? remedies.find(({ rule }) => rule === newest.rule) : undefined;
    if (
      newest !== undefined &&
      again?.auto !== undefined &&
      (await world.history.runs.get(runIdOf(newest.id))) === undefined
    )
      return ask(incident, { id: newest.id, remedy: again.remedy, auto: again.auto });
    if (ruling.kind === 'people') await handOver(incident, ruling.why);
  }

  async function ask(incident: IncidentRecord, { id, remedy, auto }: { id: string; remedy: Remedy; auto: AutoRule }) {
    const { wanted, words } = takePlace(readWords(remedy.line, ['from']));
    const { account, region } = choosePlaces(world.clouds.places(), wanted)[0]!;
    await automatic.start({
      id,
      operation: remedy.operation,
      args: findChange(world, remedy.operation).parse(words),
      channel: incident.channel,
      place: { account, region },
      approval: auto.approval,
      because: `remedy of ${incident.key.replace(/^site:/, '')}`,
      quiet: true,
      incident: incident.id,
    });
  }

  async function handOver(incident: IncidentRecord, why: string): Promise<void> {
    const line = `By itself · gives up: ${why}. People must look now.`;
    await incidents.tried(incident.id, { key: givenUp, line });
  }

  /** How a try went, by its run; that its incident is still open is what tells whether it helped. */
  async function tryOf({ id, ...of }: Kept[number], now: number): Promise<Try> {
    const run = await world.history.runs.get(runIdOf(id));
    if (run !== undefined) return { ...of, end: endOf(run, now) };
    const asked = await world.engine.state(`automatic:${id}`);
    return { ...of, end: asked !== undefined && asked !== 'running' ? 'void' : 'open' };
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

function remediesOf(incident: IncidentRecord, settings: Settings): (Facts['remedies'][number] & { remedy: Remedy })[] {
  return reportOf(incident).remedies.flatMap((remedy) => {
    const { rule } = remedy;
    return rule === undefined ? [] : [{ remedy, rule, auto: ruleOf(rule, settings) }];
  });
}

/** What deckhand.yml says now: a card may be older. */
function ruleOf(rule: string, { sites }: Settings): AutoRule | undefined {
  const at = rule.indexOf('/');
  const site = sites.find(({ name }) => name === rule.slice(0, at));
  return site?.remedies?.find(({ key }) => key === rule.slice(at + 1))?.auto;
}

function reportOf(incident: IncidentRecord): Report {
  return incident.report as unknown as Report; // written by the incident book
}
