import { cleanup10000 } from './cleanup-10000.ts';
import type { Group, Tally } from './group.ts';
import { restore300 } from './restore-300.ts';
import { snapshot1000 } from './snapshot-1000.ts';

/** Work on a large fleet, against what AWS's own request buckets make impossible to beat. */
export const fleet: Group = {
  benches: [restore300, snapshot1000, cleanup10000],
  after: ({ calls, throttled }: Tally) => [
    {
      figure: 'throttled-share',
      value: calls === 0 ? 0 : (throttled / calls) * 100,
      target: 1,
      unit: '% of calls',
      against: 'EC2 token buckets',
      notes: [`${throttled} of ${calls} calls of all that was measured above, with the whole of the buckets in use`],
    },
  ],
};
