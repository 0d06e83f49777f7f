import { amount, count, duration, label, some } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line, Message, Section } from '#ports/text.ts';

import type { Bare, Figures, Summary } from './digest-summary.ts';

/** Read, or refused by AWS in words for people. */
export type Part<T> = { value: T } | { refused: string };

/** Rows of each list; the counts say how many there are. */
const shown = 5;
/** Rows of the table of places. */
const mostPlaces = 30;

/** The digest: the summary first, then only what somebody may want to act on. Pure. */
export function render(of: Summary): Message {
  const wrong = of.impaired.length + of.incidents.length;
  return {
    alert: `Fleet digest: ${plain(of)}`,
    title: 'Fleet digest',
    sections: [
      {
        kind: 'text',
        lines: [
          [{ emoji: wrong === 0 ? 'large_green_circle' : 'red_circle' }, ' ', { bold: `${plain(of)}.` }],
          ...secondLine(of),
        ],
      },
      ...placesTable(of.places),
      ...listed(
        'Failing checks',
        of.impaired.map((one) => impairedLine(one, of.now)),
      ),
      ...listed('Planned by AWS', of.events.map(eventLine)),
      ...listed('Open incidents', of.incidents.map(incidentLine)),
      ...bareSection(of.bare, of.now),
      ...listed(
        `Volumes that hang on no server (${of.unattached.sizeGiB} GiB)`,
        of.unattached.largest.map(({ id, name, sizeGiB, type, where }) => [
          { code: id },
          ` ${name} · ${sizeGiB} GiB ${type}${behind(where)}`,
        ]),
        3,
      ),
      ...listed('AWS refused', of.refused),
      {
        kind: 'note',
        line: [
          ...placeOf(of),
          'read at ',
          { at: of.now, style: 'datetime' },
          of.places.length === 1 ? ' · more with /fleet all' : ' · more with /fleet all --account all --region all',
        ],
      },
    ],
  };
}

/** A row for each of several places. */
function placesTable(places: Summary['places']): Section[] {
  if (places.length === 1) return [];
  const rows = places
    .slice(0, mostPlaces)
    .map((one) => [
      one.place.name ?? (one.place.account || 'home'),
      one.place.region || 'default',
      one.read ? figures(one) : 'could not be read',
    ]);
  const rest = places.length - rows.length;
  return [
    { kind: 'table', columns: ['Account', 'Region', 'Servers'], rows },
    ...(rest > 0 ? [{ kind: 'text', lines: [`and ${rest} more places`] } satisfies Section] : []),
  ];
}

function plain(of: Summary): string {
  return [
    figures(of),
    ...(of.places.length === 1 ? [] : [count(of.places.length, 'place')]),
    ...(of.incidents.length === 0 ? [] : [count(of.incidents.length, 'open incident')]),
  ].join(', ');
}

function figures(of: Omit<Figures, 'place' | 'read'>): string {
  const states = of.states.map(([state, n]) => `${n} ${state}`).join(', ');
  return [
    of.servers === 0 ? 'no servers' : `${count(of.servers, 'server')} (${states})`,
    of.impaired.length === 0 ? 'no failing check' : `${of.impaired.length} with a failing check`,
    ...(of.events.length === 0 ? [] : [`${count(of.events.length, 'event')} planned by AWS`]),
  ].join(', ');
}

function behind(where: string): string {
  return where === '' ? '' : ` · ${where}`;
}

function secondLine(of: Summary): readonly Line[] {
  const runs = of.runs.map(([state, n]) => `${n} ${state}`).join(', ');
  return [`Runs in the last day: ${runs === '' ? 'none' : runs}.`, ...costLine(of.cost), ...tagLine(of.tags)];
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
  const title = `In use without a completed snapshot: ${day.length} of the last 24 h, ${week.length} of the last 7 d`;
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

function eventLine({ event, ...server }: Summary['events'][number]): Line {
  const at = event.deadline ?? event.notBefore;
  return [
    { bold: label(server) },
    `: ${event.code}${behind(server.where)}`,
    ...(at === undefined
      ? []
      : [event.deadline === undefined ? ' from ' : ' until ', { at, style: 'datetime' } as const]),
  ];
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
