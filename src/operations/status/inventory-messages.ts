import { csvOf } from '#lib/csv.ts';
import { amount, count, duration, some, utc } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { TextFile } from '#operations/contract.ts';
import type { Place } from '#ports/cloud.ts';
import type { Button, Line, Message, Piece, Section } from '#ports/text.ts';

import { findsDisks, type Found, type misses, type Search } from './inventory.ts';

/** Rows of one page. */
const pageSize = 20;
/** Lines of what could not be read. */
const mostUnread = 10;

type Of = {
  /** As typed: selector and filters. */
  asked: string;
  search: Search;
  unread: readonly { place: Place; why: string }[];
  /** How many places were asked. */
  places: number;
  /** US dollars for a GiB and month of a disk. */
  price: number;
  now: number;
  page: number;
  /** Filters that fit nothing there, and what exists. */
  misses?: ReturnType<typeof misses>;
};

/** A page of what was found, with totals. Pure. */
export function inventory(found: readonly Found[], of: Of): Message {
  // There may be fewer than when the button was made.
  const page = Math.min(of.page, Math.max(0, Math.ceil(found.length / pageSize) - 1));
  const text = `${summary(found, of)}${of.unread.length === 0 ? '' : `; ${count(of.unread.length, 'place')} could not be read`}`;
  return {
    alert: `Search ${of.asked}: ${text}`,
    title: `Search · ${of.asked}`,
    sections: [
      { kind: 'text', lines: [[{ bold: `${text}.` }], ...missLines(of)] },
      ...(found.length === 0 ? [] : [table(found.slice(page * pageSize, (page + 1) * pageSize), of)]),
      ...unread(of),
      {
        kind: 'note',
        line: [
          ...fileWords(found.length, of),
          'cost of disks is estimated from their size · read at ',
          { at: of.now, style: 'time' },
        ],
      },
    ],
    buttons: buttons(found.length, page),
  };
}

/** Every row, for a spreadsheet. Pure. */
export function inventoryFile(found: readonly Found[], { search, price }: Pick<Of, 'search' | 'price'>): TextFile {
  const disks = findsDisks(search);
  const columns = [
    'account',
    'region',
    'id',
    'name',
    'type',
    'zone',
    'state',
    disks ? 'created' : 'last_started',
    'size_gib',
    'encrypted',
    ...(disks ? ['server', 'last_snapshot', 'kept_for_undo_until'] : []),
    'estimated_usd_month',
    'tags',
  ];
  const rows = found.map((one) => [
    one.place.name ?? one.place.account,
    one.place.region,
    one.id,
    one.name,
    one.type,
    one.zone,
    one.state,
    instant(one.bornAt),
    one.sizeGiB,
    one.encrypted ? 'yes' : 'no',
    ...(disks
      ? [
          one.server,
          one.lastSnapshotAt === undefined ? 'never' : instant(one.lastSnapshotAt),
          one.keptUntil === undefined ? '' : instant(one.keptUntil),
        ]
      : []),
    (one.sizeGiB * price).toFixed(2),
    JSON.stringify(one.tags),
  ]);
  return { name: 'fleet.csv', title: `${disks ? 'Disks' : 'Servers'} that were found`, text: csvOf(columns, rows) };
}

/** Values that are named of what exists. */
const mostValues = 8;

function missLines({ misses = [] }: Of): readonly Line[] {
  return misses.map(({ filter, values }): Line => [
    'Nothing there has ',
    { code: filter },
    values.length === 0 ? '.' : `; there is: ${some(values, mostValues)}.`,
  ]);
}

function fileWords(found: number, { search }: Of): readonly Piece[] {
  if (found === 0) return [];
  return search.csv === true
    ? ['All of it is a file in your direct messages with this app · ']
    : ['Everything as a file: add ', { code: '--csv' }, ' · '];
}

function summary(found: readonly Found[], { search, places, price }: Of): string {
  const what = findsDisks(search) ? 'disk' : 'server';
  const kept = found.filter(({ keptUntil }) => keptUntil !== undefined);
  const rest = found.filter(({ keptUntil }) => keptUntil === undefined);
  const size = rest.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  const where = places === 1 ? '' : ` in ${count(places, 'place')}`;
  if (found.length === 0) return `No ${what} fits${where}`;
  const undo = kept.length === 0 ? '' : `${count(kept.length, 'disk')} kept for undo`;
  if (rest.length === 0) return `${undo}${where}`;
  const gib = `${amount(size)} GiB${what === 'disk' ? '' : ' of disks'}`;
  return `${count(rest.length, what)}${where} with ${gib}, about $${amount(Math.round(size * price))} a month${undo === '' ? '' : `, and ${undo}`}`;
}

function table(rows: readonly Found[], { search, places, now }: Of): Section {
  const disks = findsDisks(search);
  const columns = [
    ...(places > 1 ? ['Place'] : []),
    'Name',
    'Id',
    'Type',
    'Zone',
    'State',
    disks ? 'Age' : 'Started',
    'GiB',
    ...(disks ? ['Server', 'Last snapshot'] : []),
  ];
  return {
    kind: 'table',
    columns,
    rows: rows.map((one) => [
      ...(places > 1 ? [`${one.place.name ?? (one.place.account || 'home')} ${one.place.region}`] : []),
      one.name || '–',
      one.id,
      one.type,
      one.zone,
      one.keptUntil === undefined ? one.state : `kept for undo until ${utc(one.keptUntil)}`,
      `${duration(now - one.bornAt)}${disks ? '' : ' ago'}`,
      String(one.sizeGiB),
      ...(disks
        ? [
            one.server || 'none',
            one.lastSnapshotAt === undefined ? 'never' : `${duration(now - one.lastSnapshotAt)} ago`,
          ]
        : []),
    ]),
  };
}

function unread({ unread: list }: Of): Section[] {
  if (list.length === 0) return [];
  const items = list.slice(0, mostUnread).map(({ place, why }): Line => [{ bold: placeLabel(place) }, `: ${why}`]);
  const rest = list.length - items.length;
  return [{ kind: 'list', items: [...items, ...(rest > 0 ? [`and ${rest} more`] : [])] }];
}

function buttons(all: number, page: number): Button[] {
  const pages = Math.ceil(all / pageSize);
  return [
    ...(page > 0 ? [{ verb: 'previous', label: `Page ${page}` } as const] : []),
    ...(page + 1 < pages ? [{ verb: 'next', label: `Page ${page + 2} of ${pages}` } as const] : []),
    { verb: 'refresh', label: 'Refresh' },
  ];
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
