import type { Calendar, Clock, Log } from '#ports/clock.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { History } from '#ports/history.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Vantage } from '#ports/vantage.ts';
import type { Web } from '#ports/web.ts';

import type { Elsewhere } from './server.ts';

/** What watching sites needs from outside. */
export type SiteWatchWorld = {
  web: Pick<Web, 'probe'>;
  history: Pick<History, 'watch' | 'measures'> & { claims: Pick<History['claims'], 'holders'> };
  incidents: Incidents;
  cloud: Pick<Cloud, 'instances'>;
  /** The other accounts and Regions, for servers that home does not know. */
  elsewhere?: () => readonly Elsewhere[];
  calendar: Pick<Calendar, 'last'>;
  clock: Clock;
  settings: SettingsSource;
  log: Log;
  /** Does anything well known answer? Asked when many sites fail at once. */
  canaries?: () => Promise<boolean>;
  /** How late our event loop was at most in 99 of 100 turns since it was last asked, ms. */
  loopDelay?: () => number;
  /** Other places that look before a site is told as down. */
  vantage?: Vantage;
};
