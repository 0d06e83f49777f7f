import { isRefusal, isTransient } from '#errors.ts';
import { count, label } from '#lib/format.ts';
import { placeFlags, placeLabel } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Button, Line, Message, Section } from '#ports/text.ts';

import { plainSummary } from './messages.ts';
import type { Overview, Server } from './overview.ts';

/** One place, read or not. `why`: literal text. */
export type Seen<T = Overview> = { place: Place } & ({ found: T } | { nothing: true } | { why: string });

/** Rows of one page. */
const pageSize = 20;
/** Lines of what needs somebody, of what could not be read. */
const mostLines = 10;

/** What a place answered; a place that refuses or does not answer hides no other. Throws faults only. */
export async function seen<T>(place: Place, look: Promise<T>): Promise<Seen<T>> {
  try {
    return { place, found: await look };
  } catch (error) {
    if (isRefusal(error)) return error.code === 'not-found' ? { place, nothing: true } : { place, why: error.message };
    if (!isTransient(error)) throw error;
    return { place, why: 'AWS does not answer there just now. Try again in a minute.' };
  }
}

/** All places side by side: a row each, then what needs somebody, then what could not be read. Pure. */
export function everywhere(
  all: readonly Seen[],
  of: { selector: string; places: readonly Place[]; now: number; page: number; command: string },
): Message {
  const whole = all.flatMap((one) => ('found' in one ? [one.found] : []));
  const unread = all.flatMap((one) => ('why' in one ? [one] : []));
  const sum = { servers: whole.flatMap(({ servers }) => servers), loose: whole.flatMap(({ loose }) => loose) };
  const bad = unread.length > 0 || sum.servers.some(isImpaired);
  const missing = unread.length === 0 ? '' : ` ${count(unread.length, 'place')} could not be read.`;
  const text = `${plainSummary(sum) || 'nothing matches'} in ${count(all.length, 'place')}.${missing}`;
  const example = all.find(({ place }) => placeFlags(place, of.places) !== '');
  return {
    alert: `Status of ${of.selector}: ${text}`,
    title: `Status · ${of.selector} · everywhere`,
    sections: [
      { kind: 'text', lines: [[{ emoji: bad ? 'red_circle' : 'large_green_circle' }, ' ', { bold: text }]] },
      table(all.slice(of.page * pageSize, (of.page + 1) * pageSize)),
      ...listed(all.flatMap(troublesOf)),
      ...listed(unread.map(({ place, why }): Line => [{ bold: placeLabel(place) }, `: ${why}`])),
      {
        kind: 'note',
        line: [
          ...(example === undefined
            ? []
            : [
                'Look closer with ',
                { code: `${of.command} ${of.selector}${placeFlags(example.place, of.places)}` },
                ' · ',
              ]),
          'read at ',
          { at: of.now, style: 'time' },
        ],
      },
    ],
    buttons: buttons(all.length, of.page),
  };
}

function table(seen: readonly Seen[]): Section {
  return {
    kind: 'table',
    columns: ['Account', 'Region', 'What is there'],
    rows: seen.map((one) => [
      one.place.name ?? (one.place.account || 'home'),
      one.place.region || 'default',
      'found' in one
        ? plainSummary(one.found) || 'nothing'
        : 'nothing' in one
          ? 'nothing matches'
          : 'could not be read',
    ]),
  };
}

function troublesOf(one: Seen): Line[] {
  if (!('found' in one)) return [];
  return one.found.servers
    .filter((one) => isImpaired(one) || one.events.length > 0)
    .map(({ instance, checks, events }): Line => [
      { bold: label(instance) },
      ` · ${placeLabel(one.place)}: `,
      [...(checks.startsWith('impaired') ? [checks] : []), ...events.map(({ code }) => `AWS plans ${code}`)].join(', '),
    ]);
}

function isImpaired({ checks }: Server): boolean {
  return checks.startsWith('impaired');
}

function listed(lines: readonly Line[]): Section[] {
  if (lines.length === 0) return [];
  const rest = lines.length - mostLines;
  return [{ kind: 'list', items: [...lines.slice(0, mostLines), ...(rest > 0 ? [`and ${rest} more`] : [])] }];
}

function buttons(all: number, page: number): Button[] {
  const pages = Math.ceil(all / pageSize);
  return [
    ...(page > 0 ? [{ verb: 'previous', label: `Page ${page}` } as const] : []),
    ...(page + 1 < pages ? [{ verb: 'next', label: `Page ${page + 2} of ${pages}` } as const] : []),
    { verb: 'refresh', label: 'Refresh' },
  ];
}
