import type { Site } from '#ports/site-settings.ts';
import type { Probe } from '#ports/web.ts';

/** What one check of a site asks for. `freshDns`: past the cache of the resolver. */
export function probeOf(site: Site, freshDns: boolean): Probe {
  const { url, deadlineMs, statuses, contains, verifyTls, maxRedirects, asks, ports } = site;
  const text = contains === undefined ? {} : { contains };
  const bound = ports === undefined ? {} : { ports };
  return { url, deadlineMs, statuses, ...text, verifyTls, maxRedirects, ...asks, ...bound, freshDns };
}
