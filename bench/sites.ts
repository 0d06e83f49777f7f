import type { Group } from './group.ts';
import { sitesPolicy } from './sites-policy.ts';

/** How site checks decide. */
export const sites: Group = { benches: [sitesPolicy] };
