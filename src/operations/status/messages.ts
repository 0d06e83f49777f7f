import { describeDrill } from '#lib/drills.ts';
import { count, duration, label, utc } from '#lib/format.ts';
import { keptUntil } from '#lib/leftovers.ts';
import { placeLabel } from '#lib/places.ts';
import type { Place, Shortage } from '#ports/cloud.ts';
import type { Button, Line, Message, Piece, Section } from '#ports/text.ts';

import type { DiskLine, Overview, Server } from './overview.ts';

/** Rows of one page. Slack's table holds 100 rows and 10,000 characters; twenty can be read at a glance. */
const pageSize = 20;

type Of = {
  selector: string;
  place: Place & { endpoint?: string };
  /** How many places there are besides. */
  others: number;
  short: readonly Shortage[];
  now: number;
  page: number;
  details: boolean;
};

/** Few servers are shown whole; many as counts and a table, with the rest behind buttons. */
export function answer(found: Overview, of: Of): Message {
  const { servers, loose } = found;
  const only = servers.length <= 2 && loose.length <= 3 ? servers : [];
  const where = placeLabel(of.place);
  const sections: Section[] = [
    { kind: 'text', lines: [summary(found)] },
    ...attention(servers, of.now),
    ...byEnvironment(servers),
    ...(only.length > 0 ? only.flatMap((server) => whole(server, of.now)) : []),
    ...(only.length > 0 || servers.length === 0 || (servers.length > pageSize && !of.details)
      ? []
      : [table(servers, of)]),
    ...looseSection(loose, of),
    ...budget(of.short),
    { kind: 'note', line: [`${of.selector} · ${where} · read at `, { at: of.now, style: 'time' }, ...elsewhere(of)] },
  ];
  return {
    alert: `Status of ${of.selector}: ${plainSummary(found)}`,
    title: `Status · ${of.selector}`,
    sections,
    buttons: buttons(servers, only.length > 0, of),
  };
}

/** Only when calls wait or AWS said "too many" lately: why things are slow, and what helps. */
export function budget(short: readonly Shortage[]): Section[] {
  if (short.length === 0) return [];
  const lines = short.slice(0, 5).map(({ action, waiting, throttled, throttledAgoMs, share }): Line => {
    const waits = waiting === 0 ? [] : [`${count(waiting, 'call')} waiting`];
    const told =
      throttledAgoMs === undefined
        ? []
        : [
            `throttled ${count(throttled, 'time')}, last ${duration(throttledAgoMs)} ago, now at ${Math.round(share * 100)} % of the limit`,
          ];
    return [{ code: action }, `: ${[...waits, ...told].join('; ')}`];
  });
  const isThrottled = short.some(({ throttledAgoMs }) => throttledAgoMs !== undefined);
  const next = isThrottled
    ? 'Something else in the account uses the same limits, or AWS has lowered them. Deckhand slows down by itself; a lower `aws.budgetShare` leaves more to others.'
    : 'This is the speed that AWS allows. Where AWS has raised a limit, say so in `aws.buckets`.';
  return [{ kind: 'text', lines: [[{ bold: 'AWS API budget' }], ...lines, next] }];
}

function elsewhere({ others }: Of): Piece[] {
  if (others === 0) return [];
  return [` · ${count(others, 'more place')}: `, { code: '--account all --region all' }];
}

/** `6 servers (5 running, 1 stopped), no failing check, 5 loose volumes`; '' when there is nothing. */
export function plainSummary({ servers, loose }: Overview): string {
  const states = countBy(servers.map(({ instance }) => instance.state));
  const impaired = servers.filter(({ checks }) => checks.startsWith('impaired')).length;
  const parts = [
    servers.length === 0 ? '' : `${count(servers.length, 'server')} (${states})`,
    servers.length === 0 ? '' : impaired === 0 ? 'no failing check' : `${impaired} with a failing check`,
    loose.length === 0 ? '' : count(loose.length, 'loose volume'),
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function summary(found: Overview): Line {
  const bad = found.servers.some(({ checks }) => checks.startsWith('impaired'));
  return [{ emoji: bad ? 'red_circle' : 'large_green_circle' }, ' ', { bold: `${plainSummary(found)}.` }];
}

/** What somebody should look at: failing checks and scheduled events, at most ten lines. */
function attention(servers: readonly Server[], now: number): Section[] {
  const lines = servers.flatMap((server): Line[] => {
    const name = label(server.instance);
    const failing: Line[] = server.checks.startsWith('impaired')
      ? [
          [
            { bold: name },
            `: ${server.checks}${server.health?.impairedSince === undefined ? '' : ` for ${duration(now - server.health.impairedSince)}`}`,
          ],
        ]
      : [];
    const events = server.events.map((event): Line => [
      { bold: name },
      `: AWS plans ${event.code}`,
      ...(event.notBefore === undefined ? [] : [' not before ', { at: event.notBefore, style: 'datetime' } as const]),
    ]);
    return [...failing, ...events];
  });
  if (lines.length === 0) return [];
  const rest = lines.length - 10;
  return [{ kind: 'list', items: [...lines.slice(0, 10), ...(rest > 0 ? [`and ${rest} more`] : [])] }];
}

/** Where the servers are, when there are too many to show. */
function byEnvironment(servers: readonly Server[]): Section[] {
  if (servers.length <= pageSize) return [];
  const groups = Map.groupBy(
    servers,
    ({ instance }) => instance.tags['env'] ?? instance.tags['environment'] ?? 'no env tag',
  );
  const facts = [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, 8)
    .map(([env, list]): readonly [string, Line] => [
      env,
      `${count(list.length, 'server')} (${countBy(list.map(({ instance }) => instance.state))}), ${list.filter(({ lastSnapshotAt }) => lastSnapshotAt === undefined).length} without a snapshot`,
    ]);
  return [{ kind: 'facts', facts }];
}

function whole(server: Server, now: number): Section[] {
  const { instance, health } = server;
  const checks =
    health === undefined || instance.state !== 'running'
      ? server.checks
      : `system ${health.system}, instance ${health.instance}, attached EBS ${health.ebs}`;
  const facts: (readonly [string, Line])[] = [
    ['Server', [{ bold: label(instance) }, ` · ${instance.type} · ${instance.zone}`]],
    [
      'State',
      `${instance.state}${instance.stateReason === undefined || instance.state === 'running' ? '' : ` (${instance.stateReason})`}`,
    ],
    ['Status checks', checks],
    [
      'Events',
      server.events.length === 0
        ? 'none'
        : server.events.map((event) => `${event.code}: ${event.description}`).join('; '),
    ],
    ...server.volumes.map((disk) => [disk.device, diskLine(disk, now)] as const),
    ...(instance.autoScalingGroup === undefined ? [] : [['Auto Scaling group', instance.autoScalingGroup] as const]),
    ['Tags', tagLine(instance.tags)],
  ];
  return [{ kind: 'facts', facts }];
}

function diskLine({ volume, lastSnapshot, drill }: DiskLine, now: number): Line {
  const name = volume.name === '' ? '' : ` (${volume.name})`;
  const age =
    lastSnapshot === undefined ? 'no good snapshot' : `last snapshot ${duration(now - lastSnapshot.startedAt)} ago, `;
  const until = keptUntil(volume);
  const kept = until === undefined ? volume.state : `kept for undo until ${utc(until)}`;
  return [
    { code: volume.id },
    `${name} · ${volume.sizeGiB} GiB ${volume.type} · ${kept} · ${age}`,
    ...(lastSnapshot === undefined ? [] : [{ code: lastSnapshot.id }]),
    ...(drill === undefined ? [] : [` · drill ${describeDrill(drill, now)}`]),
  ];
}

function table(servers: readonly Server[], of: Of): Section {
  const rows = servers
    .slice(of.page * pageSize, (of.page + 1) * pageSize)
    .map(({ instance, checks, volumes, lastSnapshotAt }) => [
      instance.name === '' ? '–' : instance.name,
      instance.id,
      instance.state,
      checks,
      String(volumes.length),
      lastSnapshotAt === undefined ? 'none' : `${duration(of.now - lastSnapshotAt)} ago`,
    ]);
  return { kind: 'table', columns: ['Name', 'Id', 'State', 'Checks', 'Disks', 'Last snapshot'], rows };
}

function looseSection(loose: readonly DiskLine[], of: Of): Section[] {
  if (loose.length === 0) return [];
  const items = loose
    .slice(0, of.details ? 20 : 5)
    .map((disk): Line => ['Not attached: ', ...[diskLine(disk, of.now)].flat()]);
  return [
    {
      kind: 'list',
      items:
        loose.length > items.length
          ? [...items, `and ${loose.length - items.length} more volumes that hang on no server`]
          : items,
    },
  ];
}

function buttons(servers: readonly Server[], whole: boolean, { page, details }: Of): Button[] {
  const pages = Math.ceil(servers.length / pageSize);
  if (whole || pages <= 1) return [{ verb: 'refresh', label: 'Refresh' }];
  if (!details)
    return [
      { verb: 'details', label: `Show all ${servers.length}`, style: 'primary' },
      { verb: 'refresh', label: 'Refresh' },
    ];
  return [
    ...(page > 0 ? [{ verb: 'previous', label: `Page ${page}` } as const] : []),
    ...(page + 1 < pages ? [{ verb: 'next', label: `Page ${page + 2} of ${pages}` } as const] : []),
    { verb: 'refresh', label: 'Refresh' },
  ];
}

function tagLine(tags: Readonly<Record<string, string>>): string {
  const own = Object.entries(tags).filter(([key]) => key !== 'Name' && !key.startsWith('aws:'));
  const shown = own
    .slice(0, 12)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  if (own.length === 0) return 'none';
  return own.length > 12 ? `${shown} and ${own.length - 12} more` : shown;
}

function countBy(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([word, n]) => `${n} ${word}`)
    .join(', ');
}
