import { duration, label } from '#lib/format.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Line, Piece } from '#ports/text.ts';
import type { Phases } from '#ports/web.ts';

import type { Server } from './server.ts';

/** Rows of an alert that several messages share. */
type Fact = readonly [label: string, value: Line];

export function serverFact(server: Server): readonly Fact[] {
  switch (server.kind) {
    case 'none':
      return [];
    case 'found':
      return [['Server', `${label(server)}, ${server.state}`]];
    case 'unknown':
      return [['Server', `${server.named}: ${server.why}`]];
  }
}

export function people(site: Site): readonly Fact[] {
  return [
    ...(site.owner === undefined ? [] : [['Owner', site.owner] as const]),
    ...(site.runbook === undefined ? [] : [['Runbook', { link: site.runbook, label: 'open' }] as const]),
  ];
}

/** Without the query, which may hold more than a channel should see. */
export function address(site: Site): Piece {
  const bare = site.url.replace(/[?#].*$/, '');
  if (!isWeb(site)) return bare;
  return { link: bare, label: bare };
}

export function phases(of: Phases): string {
  const parts = [
    ['DNS', of.dnsMs],
    ['connect', of.connectMs],
    ['TLS', of.tlsMs],
    ['first byte', of.firstByteMs],
    ['download', of.downloadMs],
  ] as const;
  const spent = parts.filter(([, ms]) => ms >= 0.5).map(([name, ms]) => `${name} ${milliseconds(ms)}`);
  return [...spent, `total ${milliseconds(of.totalMs)}`].join(' · ');
}

/** Asked over HTTP, so that there is a status and something to open. */
export function isWeb({ url }: Site): boolean {
  return /^https?:/i.test(url);
}

export function milliseconds(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : duration(ms);
}

/** `5 s, 15 s and 20 s`. */
export function list(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
