import type { z } from 'zod';

import { Transient } from '#errors.ts';

import type { Call, Send } from './caller.ts';
import type { Filter } from './filters.ts';

/** The largest page that every list takes (DescribeVolumes: at most 500). Without a page size AWS throttles earlier.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html */
export const largestPage = 500;
/** 1,000,000 things; a list that goes on beyond is broken. */
const mostPages = 2_000;

type Asked = { MaxResults: number; NextToken?: string; Filters?: Filter[] };
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
  async function pagesOf<S extends Paged>(
    filters: Filter[],
    reply: S,
    call: (page: Asked) => Call,
  ): Promise<z.output<S>[]> {
    const asked = { MaxResults: pageSize, ...(filters.length > 0 ? { Filters: filters } : {}) };
    const pages: z.output<S>[] = [];
    let token: string | undefined;
    do {
      const page = await send(call({ ...asked, ...(token === undefined ? {} : { NextToken: token }) }), reply);
      pages.push(page);
      const next = page.NextToken === '' ? undefined : page.NextToken;
      if (next !== undefined && (next === token || pages.length >= mostPages))
        throw new Transient('EC2 gave a list that does not end, so it cannot be trusted to be complete. Try again.');
      token = next;
    } while (token !== undefined);
    return pages;
  }

  return async (requests, reply, call) => {
    const all = [];
    for (const filters of requests) all.push(...(await pagesOf(filters, reply, call)));
    return all;
  };
}
