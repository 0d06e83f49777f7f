import type { Log } from '#ports/clock.ts';
import type { Site } from '#ports/site-settings.ts';
import type { ProbeResult, Web } from '#ports/web.ts';

import { probeOf } from './probe-of.ts';

/** One check of a site; undefined when it broke down, which says nothing of the site. */
export async function lookAt(
  { web, log }: { web: Pick<Web, 'probe'>; log: Log },
  site: Site,
  freshDns: boolean,
): Promise<ProbeResult | undefined> {
  try {
    return await web.probe(probeOf(site, freshDns));
  } catch (error) {
    log.error({ site: site.name, err: error }, 'a check broke down'); // the port promises that it never does
    return undefined;
  }
}

/** Our own fault, or a silence while we stood still. */
export function isOurs({ failure }: ProbeResult, doubtful: boolean): boolean {
  if (failure === undefined) return false;
  const silence = failure.class === 'deadline' || failure.class === 'connect-timeout' || failure.class === 'dns';
  return failure.class === 'monitor' || (doubtful && silence);
}
