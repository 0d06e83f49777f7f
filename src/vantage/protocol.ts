import { z } from 'zod';

import { silences } from '#ports/vantage.ts';
import { recordTypes } from '#ports/web.ts';

/**
 * What agents and the main process say to each other: JSON over HTTPS, always asked by the agent, with its token as
 * `Authorization: Bearer`. A change that old ones cannot read gets another number.
 */
export const version = 1;
/** Waits up to `pollMs` for jobs: 200 `{ jobs }`, maybe none. */
export const pollPath = `/vantage/${version}/poll`;
/** As above, but answered at once, so that an agent knows whether it is connected. */
export const helloPath = `${pollPath}?wait=0`;
/** 204 once; 410 for a job that is over, was answered, or is another's. */
export const answerPath = `/vantage/${version}/answer`;

/** Proxies give up on a silent request after 60 s; 25 s also keeps NAT entries alive. Source of the first:
 *  https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout */
export const pollMs = 25_000;
export const mostAnswerBytes = 4_096;
export const mostJobsBytes = 1_000_000;

const text = (most: number) => z.string().max(most);
const Expectation = z.strictObject({
  json: text(256).optional(),
  header: text(256).optional(),
  equals: z.union([text(10_000), z.number(), z.boolean(), z.null()]).optional(),
  contains: text(10_000).optional(),
  lacks: text(10_000).optional(),
  matches: text(256).optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
});
const code = z.int().min(100).max(599);
const port = z.int().min(1).max(65_535);
const Probe = z.strictObject({
  url: text(2_000),
  deadlineMs: z.int().min(100).max(120_000),
  statuses: z.array(code).max(500),
  contains: text(10_000).optional(),
  verifyTls: z.boolean(),
  maxRedirects: z.int().min(0).max(20),
  freshDns: z.boolean(),
  ports: z
    .array(z.tuple([port, port]))
    .max(100)
    .optional(),
  method: text(20).optional(),
  headers: z.record(text(256), text(10_000)).optional(),
  body: text(100_000).optional(),
  expect: z.array(Expectation).max(50).optional(),
  family: z.literal([4, 6]).optional(),
  record: z.enum(recordTypes).optional(),
  values: z.array(text(1_000)).max(100).optional(),
});
/** `canaries`: well-known addresses; where none of them answers the place is blind. */
export const Job = z.object({ id: text(64), probe: Probe, canaries: z.array(text(2_000)).max(10) });
export type Job = z.output<typeof Job>;
export const Jobs = z.object({ jobs: z.array(Job).max(1_000) });

export const Look = z.union([
  z.strictObject({ saw: z.enum(['up', 'down']) }),
  z.strictObject({ saw: z.literal('nothing'), why: z.enum(silences) }),
]);
export const Answer = z.strictObject({ id: text(64), look: Look });
