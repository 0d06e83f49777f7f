import type { Group } from './group.ts';
import { sites10k, sites10kImage, sites10kPostgres, sites10kWhole } from './sites-10k.ts';
import { sitesCost, sitesDns } from './sites-cost.ts';
import { sitesPolicy } from './sites-policy.ts';
import { sitesRivals } from './sites-rivals.ts';

/** What site checks cost, and how they decide. */
export const sites: Group = {
  benches: [sitesCost, sites10k, sites10kPostgres, sites10kWhole, sites10kImage, sitesDns, sitesRivals, sitesPolicy],
};
