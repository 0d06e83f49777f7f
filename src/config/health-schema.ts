import { z } from 'zod';

import type { Settings } from '#ports/settings.ts';

import { cron, flag, section, text, timezone, whole } from './fields.ts';

export const health = section({
  enabled: flag().default(true).describe("Watch EC2's status checks and scheduled events"),
  cron: cron.default('* * * * *').describe('When to look'),
  timezone: timezone.default('UTC').describe('Time zone of the cron line'),
  confirm: whole(1, 60).default(2).describe('Looks that must find it impaired before an alert'),
  outOf: whole(1, 120)
    .optional()
    .describe('They may lie apart, among this many looks; unset = one more than `health.confirm`'),
  recover: whole(1, 60).default(2).describe('Looks in a row that must find it fine before the alert ends'),
  tags: z
    .record(text(128), z.string({ error: 'Expected text; put quotes around numbers and true.' }), {
      error: 'Expected tags, one per line: `env: prod`.',
    })
    .default({})
    .describe('Watch only servers with all these tags; empty = every server'),
}).refine(({ confirm, outOf = confirm }) => outOf >= confirm, {
  path: ['outOf'],
  error: 'Expected a number not below `health.confirm`.',
});

/** With the one more look, a single good one among the bad does not start the count anew. */
export function toHealth({ outOf, ...file }: z.output<typeof health>): Settings['health'] {
  return { ...file, outOf: outOf ?? file.confirm + 1 };
}
