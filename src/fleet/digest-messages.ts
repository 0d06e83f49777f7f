import { describeDrill } from '#lib/drills.ts';
import { amount, count, duration, label, some } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line, Message, Section } from '#ports/text.ts';
import type { DigestSection } from '#ports/timed-settings.ts';

import type { Drilled, Promised } from './digest-backups.ts';
import type { Bare, Figures, Summary } from './digest-summary.ts';
import { whenOf } from './event-messages.ts';
import { isSoon } from './events.ts';

/** Rows of each list; the counts say how many there are. */
const shown = 5;
/** Rows of the table of places. */
const mostPlaces = 30;

/** The digest: the summary first, then only what somebody may want to act on. `charts`: the pictures of it. Pure. */
export function render(of: Summary, charts: readonly Section[]): Message {
  const title = ['Fleet digest', ...aboutOf(of)].join(' · ');
  const has = (section: DigestSection) => of.about.sections.includes(section);
  const only = (section: DigestSection, made: readonly Section[]) => (has(section) ? made : []);
  return {
    alert: `${title}: ${plain(of)}`,
    title,
    sections: [
      { kind: 'text', lines: [[{ emoji: light(of) }, ' ', { bold: `${plain(of)}.` }], ...secondLine(of)] },
      ...placesTable(of.places),
      ...only('health', [
        ...listed(
          'Failing checks',
          of.impaired.map((one) => impairedLine(one, of.now)),
        ),
        ...listed('Open incidents', of.incidents.map(incidentLine)),
      ]),
      ...only(
        'events',
        listed(
          'Planned by AWS',
          of.events.map((one) => eventLine(one, of.now)),
        ),
      ),
      ...only('backups', bareSection(of.bare, of.now)),
      ...only('cost', looseSection(of.unattached)),
      ...charts,
      ...listed('AWS refused', of.refused),
      {
        kind: 'note',
        line: [
          ...placeOf(of),
          'read at ',
          { at: of.now, style: 'datetime' },
          ` · more with /fleet ${of.about.selector}${flagsOf(of)}`,
        ],
      },
    ],
  };
}

/** What it is about, where that is not everything. */
function aboutOf({ about: { accounts, regions, selector } }: Summary): readonly string[] {
  return [
    ...(accounts.length === 0 ? [] : [some(accounts, 3)]),
    ...(regions.length === 0 ? [] : [some(regions, 3)]),
    ...(selector === 'all' ? [] : [selector]),
  ];
}

/** What leads there, as near as one line can. */
function flagsOf({ places, about: { accounts, regions } }: Summary): string {
  if (places.length === 1 && accounts.length + regions.length === 0) return '';
  const flag = (list: readonly string[]) => (list.length === 1 ? list[0]! : 'all');
  return ` --account ${flag(accounts)} --region ${flag(regions)}`;
}

/** Red: something is down or a promise is broken now. */
function light(of: Summary): string {
  const late = of.promises.some(({ late }) => late > 0) || (of.drilled?.failed.length ?? 0) > 0;
  return of.places.length === 0 || of.impaired.length + of.incidents.length > 0 || late
    ? 'red_circle'
    : 'large_green_circle';
}

function looseSection({ sizeGiB, largest, kept }: Summary['unattached']): Section[] {
  const beside = kept === 0 ? '' : `, beside ${kept} kept for undo`;
  return listed(
    `Volumes that hang on no server (${sizeGiB} GiB${beside})`,
    largest.map(({ id, name, sizeGiB: size, type, where }) => [
      { code: id },
      ` ${name} · ${size} GiB ${type}${behind(where)}`,
    ]),
    3,
  );
}

/** A row for each of several places. */
function placesTable(places: Summary['places']): Section[] {
  if (places.length < 2) return [];
  const rows = places
    .slice(0, mostPlaces)
    .map((one) => [
      one.place.name ?? (one.place.account || 'home'),
      one.place.region || 'default',
      ...(one.read
        ? [String(one.servers), statesOf(one), String(one.impaired.length), String(one.events.length)]
        : ['could not be read', '', '', '']),
    ]);
  const rest = places.length - rows.length;
  return [
    { kind: 'table', columns: ['Account', 'Region', 'Servers', 'States', 'Failing', 'Planned'], rows },
    ...(rest > 0 ? [{ kind: 'text', lines: [`and ${rest} more places`] } satisfies Section] : []),
  ];
}

function plain(of: Summary): string {
  if (of.places.length === 0)
    return 'Deckhand works in none of its accounts and Regions: see accounts and regions of this digest in deckhand.yml';
  return [
    figures(of),
    ...(of.places.length === 1 ? [] : [count(of.places.length, 'place')]),
    ...(of.incidents.length === 0 ? [] : [count(of.incidents.length, 'open incident')]),
  ].join(', ');
}

function figures(of: Omit<Figures, 'place' | 'read'>): string {
  return [
    of.servers === 0 ? 'no servers' : `${count(of.servers, 'server')} (${statesOf(of)})`,
    of.impaired.length === 0 ? 'no failing check' : `${of.impaired.length} with a failing check`,
    ...(of.events.length === 0 ? [] : [`${count(of.events.length, 'event')} planned by AWS`]),
  ].join(', ');
}

function statesOf({ states }: Pick<Figures, 'states'>): string {
  return states.map(([state, n]) => `${n} ${state}`).join(', ');
}

function behind(where: string): string {
  return where === '' ? '' : ` · ${where}`;
}

function secondLine(of: Summary): readonly Line[] {
  const has = (section: DigestSection) => of.about.sections.includes(section);
  return [
    ...(has('health') ? [sinceLine(of)] : []),
    ...(has('backups') ? of.promises.map((one) => promiseLine(one, of.now)) : []),
    ...(has('drills') && of.drilled !== undefined ? drillLines(of.drilled, of.now) : []),
    ...(has('cost') ? costLine(of.cost) : []),
    ...(has('tags') ? tagLine(of.tags) : []),
  ];
}

function sinceLine({ since, began, runs, now }: Summary): Line {
  const { count: n, over, longest, more } = began;
  const lasted = longest === undefined ? 0 : (longest.endedAt ?? now) - longest.startedAt;
  const name = longest === undefined ? '' : (longest.report as unknown as Report).title; // by the watchers
  const incidents =
    n === 0
      ? 'no incident'
      : `${more ? 'at least ' : ''}${count(n, 'incident')}, ${over} of them over, the longest ${duration(lasted)}: ${name}`;
  const states = runs.map(([state, many]) => `${many} ${state}`).join(', ');
  return ['Since ', { at: since, style: 'datetime' }, `: ${incidents}. Runs: ${states === '' ? 'none' : states}.`];
}

function promiseLine({ name, rpoMs, volumes, late, oldestAt }: Promised, now: number): Line {
  const age = oldestAt === undefined ? '' : `, the oldest ${duration(now - oldestAt)} old`;
  const good = late === 0 ? `all ${count(volumes, 'disk')} in time` : `${late} of ${count(volumes, 'disk')} LATE`;
  return `Backups of ${name} (RPO ${duration(rpoMs)}): ${good}${age}.`;
}

function drillLines({ at, tried, failed, slowestMs, never }: Drilled, now: number): readonly Line[] {
  if (tried + never === 0) return [];
  if (at === undefined)
    return [
      [
        'Restore drills: none yet, so nobody knows whether the snapshots can be restored. Try ',
        { code: '/deck drill' },
        '.',
      ],
    ];
  const good = tried - failed.length;
  const left = never === 0 ? '' : ` ${count(never, 'disk')} in use never drilled.`;
  return [
    `Last restore drill ${duration(now - at)} ago: of ${count(tried, 'disk')} that were drilled ${good} could be restored, the slowest in ${duration(slowestMs)}.${left}`,
    ...failed.slice(0, 3).map((one): Line => [{ bold: one.name }, ` ${describeDrill(one, now)}`]),
  ];
}

function costLine({ snapshots, unattached }: Summary['cost']): readonly Line[] {
  const parts = [
    ...((snapshots ?? 0) < 1 ? [] : [`snapshots at most $${amount(Math.round(snapshots ?? 0))}`]),
    ...((unattached ?? 0) < 1 ? [] : [`volumes that hang on no server $${amount(Math.round(unattached ?? 0))}`]),
  ];
  return parts.length === 0 ? [] : [`A month, estimated: ${parts.join(', ')}.`];
}

function tagLine(tags: Summary['tags']): readonly Line[] {
  if (tags.length === 0) return [];
  const rules = tags.map(({ rule, coverage }) => `${rule} ${coverage} %`);
  return [`Required tags in order: ${some(rules, 8)}.`];
}

function bareSection(bare: Summary['bare'], now: number): Section[] {
  if (bare === undefined || bare.day.length === 0) return [];
  const { day, week } = bare;
  const title = `In use without a good snapshot: ${day.length} of the last 24 h, ${week.length} of the last 7 d`;
  return listed(
    title,
    day.map((one) => bareLine(one, now)),
  );
}

function bareLine({ volume, lastAt, where }: Bare, now: number): Line {
  const last = lastAt === undefined ? 'never' : `last ${duration(now - lastAt)} ago`;
  return [
    { code: volume.id },
    ` ${volume.name} · ${volume.sizeGiB} GiB on ${volume.attachments[0]?.instanceId ?? ''} · ${last}${behind(where)}`,
  ];
}

function impairedLine(one: Summary['impaired'][number], now: number): Line {
  const since = one.since === undefined ? '' : ` for ${duration(now - one.since)}`;
  return [{ bold: label(one) }, `: ${one.failing.join(', ')} impaired${since}${behind(one.where)}`];
}

function eventLine({ event, ...server }: Summary['events'][number], now: number): Line {
  const soon = isSoon([event], now) ? [{ emoji: 'warning' }, ' '] : [];
  return [...soon, { bold: label(server) }, `: ${event.code}${behind(server.where)}`, ...whenOf(event)];
}

function incidentLine(incident: Summary['incidents'][number]): Line {
  const report = incident.report as unknown as Report; // written by the watchers through the incident book
  return [
    { bold: report.title },
    ' since ',
    { at: incident.startedAt, style: 'datetime' },
    incident.acknowledgedBy === undefined ? ' · nobody has taken it' : ' · taken',
  ];
}

/** A heading and the first few rows; nothing when there are none. */
function listed(title: string, items: readonly Line[], most = shown): Section[] {
  if (items.length === 0) return [];
  const rest = items.length - most;
  return [
    { kind: 'text', lines: [[{ bold: `${title}${items.length > most ? ` (${items.length})` : ''}` }]] },
    { kind: 'list', items: [...items.slice(0, most), ...(rest > 0 ? [`and ${rest} more`] : [])] },
  ];
}

function placeOf({ places }: Summary): readonly string[] {
  const [only, ...others] = places;
  const where = only === undefined || others.length > 0 ? '' : placeLabel(only.place);
  return where === '' ? [] : [`${where} · `];
}
