import { count, duration } from '#lib/format.ts';
import { pictureOf } from '#lib/picture.ts';
import type { TextFile } from '#operations/contract.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Message } from '#ports/text.ts';

import { uptime } from './measure.ts';
import * as messages from './past-messages.ts';
import { type PastWorld, spanOf } from './past-view.ts';
import { readPast, type Stretch } from './past.ts';
import { begin, dayMs } from './rollup.ts';
import { percent } from './slo-messages.ts';
import { budgetLeft } from './slo.ts';

/** Sites named in the message; the CSV has all. */
const shown = 20;

/** The week of the sites that are told in one channel; plain JSON. */
export type SiteReport = { message: Message; file: TextFile };
export type SiteReports = {
  /** Where there is something to report. */
  channels: () => readonly ChannelId[];
  /** Undefined when the channel has no site any more. Throws Transient with the store; repeatable. */
  compose: (channel: ChannelId) => Promise<SiteReport | undefined>;
};

export function createSiteReports(world: PastWorld): SiteReports {
  const channelOf = ({ channel }: Site) => channel ?? world.settings.current().channels.alerts;
  const watched = () => world.settings.current().sites.filter(({ paused }) => !paused);

  async function compose(channel: ChannelId): Promise<SiteReport | undefined> {
    const sites = watched().filter((site) => channelOf(site) === channel);
    if (sites.length === 0) return undefined;
    const now = world.clock.now();
    const span = spanOf('week', now);
    const windows = sites.map(({ slo }) => slo?.windowMs ?? 0);
    const from = Math.min(span.from, begin(now - windows.reduce((a, b) => Math.max(a, b)), dayMs));
    const past = await readPast(world.history, { sites: sites.map(({ name }) => name), grain: 'd', from, now });
    const rows = sites
      .map((site) => rowOf(site, past.get(site.name) ?? [], { from: span.from, now }))
      .toSorted(worstFirst);
    return {
      message: {
        alert: `The week of ${count(rows.length, 'site')}: ${summary(rows)}`,
        title: 'The week of the sites',
        sections: [
          { kind: 'text', lines: [[{ bold: summary(rows) }]] },
          {
            kind: 'table',
            columns: ['Site', 'Uptime', 'Down', 'p50', 'p95', 'Budget left'],
            rows: rows.slice(0, shown).map((row) => row.cells),
          },
          await pictureOf(world, messages.upDownChart('The last 7 days', span, rows.slice(0, shown))),
          {
            kind: 'note',
            line: `${rows.length > shown ? `The worst ${shown}; ` : ''}all days of all sites are in the CSV in the thread. Maintenance and time without checks count for nothing.`,
          },
        ],
      },
      file: { name: 'sites-week.csv', title: 'The week of the sites', text: messages.csv(rows) },
    };
  }

  return {
    channels: () => [...new Set(watched().flatMap((site) => channelOf(site) ?? []))],
    compose,
  };
}

type Row = { name: string; past: readonly Stretch[]; up: number | undefined; cells: readonly string[] };

function rowOf(site: Site, all: readonly Stretch[], { from, now }: { from: number; now: number }): Row {
  const past = all.filter(({ at }) => at >= from);
  const of = messages.total(past);
  const { slo } = site;
  const budget = messages.total(all.filter(({ at }) => slo !== undefined && at >= begin(now - slo.windowMs, dayMs)));
  const left = slo === undefined ? undefined : budgetLeft('availability', budget, slo);
  return {
    name: site.name,
    past,
    up: uptime(of),
    cells: [
      site.name,
      messages.up(of),
      of.downMs === 0 ? '–' : duration(of.downMs),
      messages.time(of, 0.5),
      messages.time(of, 0.95),
      left === undefined ? '–' : left < 0 ? 'overspent' : percent(left),
    ],
  };
}

/** What was not judged stands last. */
function worstFirst(a: Row, b: Row): number {
  return (a.up ?? 2) - (b.up ?? 2) || a.name.localeCompare(b.name);
}

function summary(rows: readonly Row[]): string {
  const [worst] = rows;
  if (worst?.up === undefined) return 'nothing was judged yet';
  const down = rows.filter(({ up }) => up !== undefined && up < 1).length;
  return down === 0
    ? 'none was down'
    : `${down} of ${rows.length} were down, ${worst.name} the longest (${percent(worst.up)} up)`;
}
