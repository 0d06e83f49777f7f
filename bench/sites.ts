import type { Group } from './group.ts';
import { sites10k, sitesCost, sitesDns } from './sites-cost.ts';
import { sitesPolicy } from './sites-policy.ts';

/** What site checks cost, and how they decide. */
export const sites: Group = { benches: [sitesCost, sites10k, sitesDns, sitesPolicy] };
