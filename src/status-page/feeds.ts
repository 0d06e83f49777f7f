import { begin, dayMs } from '#sites/rollup.ts';

import { html } from './html.ts';
import * as messages from './messages.ts';
import type { StatusPage } from './model.ts';

/** The incidents and the maintenance as an Atom feed (RFC 4287). Ids are lasting; an entry changes when it ends. Pure. */
export function pageAtom(page: StatusPage): string {
  const times = messages.createTimes(page.timezone);
  const entries = [
    ...page.works
      .filter(({ from }) => from <= page.at + dayMs)
      .map((work) => ({
        id: `maintenance-${work.from}-${slug(messages.work(work))}`,
        title: `${messages.words.works}: ${messages.work(work)}`,
        text: `${times.from(work.from)} – ${times.to(work.from, work.to)}`,
        at: work.from - dayMs,
      })),
    ...page.incidents.map((one) => ({
      id: one.id,
      title: messages.incident(one),
      text:
        one.endedAt === undefined
          ? `${messages.words.since} ${times.at(one.startedAt)}`
          : `${times.from(one.startedAt)} – ${times.to(one.startedAt, one.endedAt)} · ${messages.lasted(one, page.at)}`,
      at: one.endedAt ?? one.startedAt,
    })),
  ];
  const updated = entries.reduce((newest, { at }) => Math.max(newest, at), begin(page.at, dayMs) - page.incidentsMs);
  return html`<?xml version="1.0" encoding="utf-8"?>
    <feed xmlns="http://www.w3.org/2005/Atom">
      <id>urn:deckhand:status:${slug(page.title)}</id>
      <title>${page.title}</title>
      <author><name>${page.title}</name></author>
      <link rel="alternate" type="text/html" href="./" />
      <updated>${iso(updated)}</updated>
      ${entries.map(
        ({ id, title, text, at }) => html`
          <entry>
            <id>urn:deckhand:status:${slug(page.title)}:${id}</id>
            <title>${title}</title>
            <updated>${iso(at)}</updated>
            <link rel="alternate" type="text/html" href="./" />
            <content type="text">${text}</content>
          </entry>
        `,
      )}
    </feed> `.markup;
}

function slug(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** The same as data. Fields are added, none is renamed. Pure. */
export function pageJson(page: StatusPage): string {
  const dates = new Map(page.groups[0]?.sites[0]?.days.map(({ at }) => [at, iso(at).slice(0, 10)]));
  return `${JSON.stringify({
    title: page.title,
    updatedAt: iso(page.at),
    state: page.state,
    summary: messages.overall(page),
    services: page.groups.flatMap((group) =>
      group.sites.map(({ name, state, uptime, days }) => ({
        name,
        group: group.name ?? null,
        state,
        uptime90Days: rounded(uptime),
        days: days.map(({ at, up }) => ({ date: dates.get(at), uptime: rounded(up) })),
      })),
    ),
    incidents: page.incidents.map(({ id, kind, sites, startedAt, endedAt }) => ({
      id,
      kind,
      services: sites,
      startedAt: iso(startedAt),
      endedAt: endedAt === undefined ? null : iso(endedAt),
    })),
    maintenance: page.works.map(({ name, sites, from, to }) => ({
      name: name ?? null,
      services: sites,
      from: iso(from),
      to: iso(to),
    })),
  })}\n`;
}

/** Rounded down, so that 1 means all of it. */
function rounded(part: number | undefined): number | null {
  return part === undefined ? null : Math.floor(part * 1e5) / 1e5;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
