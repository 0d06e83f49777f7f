import { duration, matching, section, whole } from './fields.ts';

/** AWS fills at most this many MiB/s in a Region, all volumes together, by default.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const usualFillingQuota = 5_000;

export const restore = section({
  failures: matching(
    /^(?:\d{1,3}|\d{1,2}%|100%)$/,
    'Expected a number of servers or a share of them, such as 3 or 10%.',
  )
    .default('10%')
    .describe('Servers of one restore that may fail before the rest is not begun; `3` or `10%`'),
  atOnce: whole(1, 500).default(500).describe('Servers of one restore at work at once'),
  fillingQuota: whole(100, 1_000_000)
    .default(usualFillingQuota)
    .describe("MiB/s at which AWS fills restored volumes in a Region, all together: your account's quota"),
  server: duration('100ms', '6h')
    .prefault('3m')
    .describe('What one server usually takes, from the first call to its status checks; for estimates'),
});
