import type { z } from 'zod';

import type { StatusPageSettings } from '#ports/site-settings.ts';

import { duration, flag, list, matching, section, text, timezone, webAddress, whole } from './fields.ts';

/** `statusPage` of deckhand.yml. */

const site = section({
  site: text(40).describe('The name of a site of this file; never shown'),
  name: text(80).describe('What the public calls it'),
  group: text(80)
    .optional()
    .describe('Heading it stands under; groups come in the order in which they are first named'),
  description: text(200).optional().describe('A line below its name'),
  link: webAddress.optional().describe('Where its name leads; unset = its address is not shown'),
});

export const statusPage = section({
  enabled: flag().default(false).describe('Serve a public status page, on a port of its own'),
  title: text(80).default('Status').describe('Its heading'),
  host: matching(/^[\w.:-]+$/, 'Expected an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.')
    .default('127.0.0.1')
    .describe('Address it listens on; 0.0.0.0 = all, as in a container'),
  port: whole(0, 65_535).default(3_080).describe('Port it listens on; 0 = any free one, which the log names'),
  timezone: timezone.default('UTC').describe('Time zone of the times on it'),
  support: webAddress.optional().describe('Where people get help'),
  every: duration('5s', '10m').prefault('30s').describe('The store is read for it at most so often'),
  incidents: duration('1d', '90d').prefault('14d').describe('How long past incidents stand on it'),
  maintenanceNames: flag().default(false).describe('Show the names of maintenance windows, not only when and what'),
  sites: list(site, 500).default([]).describe('What is on it; a site that is not named here never is'),
});

type File = z.output<typeof statusPage>;

/** Sites that are not there or stand on it twice. */
export function statusPageFaults(page: File, names: ReadonlySet<string>) {
  return page.sites.flatMap(({ site }, at) => {
    const path = ['statusPage', 'sites', at, 'site'];
    if (!names.has(site)) return [{ path, input: site, message: 'Expected the name of a site of this file.' }];
    const first = page.sites.findIndex((one) => one.site === site);
    return first === at ? [] : [{ path, input: site, message: 'Expected each site once.' }];
  });
}

export function toStatusPage({ every, incidents, support, ...page }: File): StatusPageSettings {
  const sites = page.sites.map(({ group, description, link, ...one }) => ({ ...one, group, description, link }));
  return { ...page, support, everyMs: every, incidentsMs: incidents, sites };
}
