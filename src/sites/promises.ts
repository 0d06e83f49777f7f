import type { Clock, Log } from '#ports/clock.ts';
import type { Fence, History, MinuteRow } from '#ports/history.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Site, Slo } from '#ports/site-settings.ts';

import { decode, type Measure, merge } from './measure.ts';
import { readPast } from './past.ts';
import { begin, dayMs, hourMs, minuteMs } from './rollup.ts';
import * as messages from './slo-messages.ts';
import { type Burn, budgetLeft, burning } from './slo.ts';

const windowMs = 6 * hourMs;
/** An open incident shows new figures this often. */
const newsEveryMs = 10 * minuteMs;

type Told = { mark: string; at: number };

/**
 * Watches what sites promise: one incident a site while its error budget burns too fast. Called after each minute; what
 * fails is logged and tried again with the next one.
 */
export function createPromises(world: {
  history: Pick<History, 'measures'>;
  incidents: Incidents;
  clock: Clock;
  settings: SettingsSource;
  log: Log;
  fence: Fence | undefined;
  channelOf: (site: Site) => ChannelId | undefined;
}): (minutes: readonly MinuteRow[]) => Promise<void> {
  const { clock, incidents, log, fence } = world;
  let minutes = new Map<string, { at: number; measure: Measure }[]>();
  let loaded = false;
  /** `mark` '' : told that it does not burn. */
  const told = new Map<string, Told>();

  return async function look(fresh) {
    const sites = world.settings
      .current()
      .sites.flatMap((site) => (site.slo === undefined ? [] : [{ site, slo: site.slo }]));
    try {
      if (!loaded) await load();
      else take(fresh);
    } catch (error) {
      return log.warn({ err: error }, 'what sites promise could not be looked at; trying again');
    }
    for (const { site, slo } of sites) await quietly(site.name, () => judge(site, slo));
    const names = new Set(sites.map(({ site }) => site.name));
    for (const name of told.keys()) if (!names.has(name)) await quietly(name, () => end(name, true));
  };

  /** What an earlier process saw of the last hours; the newest minute is among it. */
  async function load(): Promise<void> {
    const now = clock.now();
    const rows = await world.history.measures.minutes({ from: now - windowMs, to: now });
    minutes = new Map();
    take(rows);
    loaded = true;
  }

  function take(rows: readonly MinuteRow[]): void {
    const oldest = clock.now() - windowMs;
    for (const { name, slo } of world.settings.current().sites) {
      if (slo === undefined) continue;
      const known = minutes.get(name) ?? [];
      for (const { at, data } of rows) {
        const measure = decode(data[name] ?? '');
        if (measure !== undefined) known.push({ at, measure });
      }
      minutes.set(
        name,
        known.filter(({ at }) => at >= oldest),
      );
    }
  }

  async function judge(site: Site, slo: Slo): Promise<void> {
    const now = clock.now();
    const burn = burning(minutes.get(site.name) ?? [], slo, begin(now, minuteMs));
    if (burn === undefined) return end(site.name, false);
    const before = told.get(site.name);
    const mark = `${burn.promised} ${burn.pace}`;
    if (before?.mark === mark && now - before.at < newsEveryMs) return;
    const channel = world.channelOf(site);
    if (channel === undefined) return;
    const { report, note } = messages.burns(site, slo, { ...burn, left: await left(site, slo, burn) });
    const line = before?.mark === mark ? {} : { note };
    await incidents.raise(keyOf(site.name), { channel, startedAt: now, report, ...line, fence });
    told.set(site.name, { mark, at: now });
  }

  async function left(site: Site, slo: Slo, { promised }: Burn): Promise<number | undefined> {
    const now = clock.now();
    const of = { sites: [site.name], grain: 'd', from: begin(now - slo.windowMs, dayMs), now } as const;
    const past = await readPast(world.history, of);
    return budgetLeft(promised, merge((past.get(site.name) ?? []).map(({ measure }) => measure)), slo);
  }

  /** Also once after a start: the process before may have ended while it burned. */
  async function end(name: string, gone: boolean): Promise<void> {
    if (!gone && told.get(name)?.mark === '') return;
    await incidents.resolve(keyOf(name), { endedAt: clock.now(), ...messages.burnsNoMore(name), fence });
    if (gone) told.delete(name);
    else told.set(name, { mark: '', at: clock.now() });
  }

  async function quietly(name: string, act: () => Promise<void>): Promise<void> {
    await act().catch((error: unknown) =>
      log.warn({ site: name, err: error }, 'what a site promises could not be told; trying again in a minute'),
    );
  }
}

function keyOf(site: string): string {
  return `slo:${site}`;
}
