import { z } from 'zod';

import { operations } from '#operations/index.ts';

import { section } from './fields.ts';

const rateError = 'Expected a number from 0.1 to 10000.';
const capacityError = 'Expected a number from 1 to 100000.';
const rate = {
  capacity: z
    .number({ error: capacityError })
    .min(1, { error: capacityError })
    .max(100_000, { error: capacityError })
    .describe('Calls at once'),
  perSecond: z
    .number({ error: rateError })
    .min(0.1, { error: rateError })
    .max(10_000, { error: rateError })
    .describe('Calls a second after that'),
};

/** Every EC2 action that an operation calls, as AWS names it. */
const actions = [
  ...new Set(
    operations.flatMap(({ iam }) =>
      iam.flatMap((name) => (name.startsWith('ec2:') ? [name.slice('ec2:'.length)] : [])),
    ),
  ),
].toSorted();

/** API limits by action, for an account whose limits are not AWS's defaults. */
export const buckets = z.partialRecord(
  z.enum(actions),
  section({
    ...rate,
    resources: section(rate).optional().describe('The second bucket of calls that name instances'),
  }),
  { error: 'Expected EC2 actions, one per line: `CreateVolume: { capacity: 200, perSecond: 10 }`.' },
);
