import type { z } from 'zod';

import { allPages } from './all-pages.ts';
import type { Call, Send } from './caller.ts';
import type { Filter } from './filters.ts';
import { ec2 } from './services.ts';

/** The largest page of most lists; those that take less say so. Without a page size AWS throttles earlier.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html */
export const largestPage = 1_000;
/** DescribeVolumes takes no more (same source). */
export const mostVolumes = 500;

/** One page of a list, as AWS is asked for it. */
export type Asked = { MaxResults: number; NextToken?: string; Filters?: Filter[] };
type Paged = z.ZodType<{ NextToken?: string | undefined }>;

/** Every page of every request, also after empty pages. Throws Transient on a list that does not end. */
export type EveryPage = <S extends Paged>(
  requests: readonly Filter[][],
  reply: S,
  call: (page: Asked) => Call,
) => Promise<z.output<S>[]>;

/** The same page, of at most so many things, for lists that take smaller pages than others. */
export function upTo(most: number, page: Asked): Asked {
  return { ...page, MaxResults: Math.min(most, page.MaxResults) };
}

export function createEveryPage(send: Send, pageSize: number): EveryPage {
  return async (requests, reply, call) => {
    const all = [];
    for (const filters of requests) {
      const asked = { MaxResults: pageSize, ...(filters.length > 0 ? { Filters: filters } : {}) };
      const read = (token: string | undefined) =>
        send(call({ ...asked, ...(token === undefined ? {} : { NextToken: token }) }), reply);
      all.push(...(await allPages(ec2, read)));
    }
    return all;
  };
}
