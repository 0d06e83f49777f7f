import { Transient } from '#errors.ts';

import type { Service } from './services.ts';

/** 1,000,000 things and more; a list that goes on beyond is broken. */
const mostPages = 2_000;

/** AWS's services call the way to the next page by one of these names. */
export type Paged = { NextToken?: string | undefined; NextMarker?: string | undefined };

/** Page after page, also after empty ones, until one leads to no other. Throws Transient on a list that does not end. */
export async function allPages<P extends Paged>(
  { name }: Service,
  read: (token: string | undefined) => Promise<P>,
): Promise<P[]> {
  const pages: P[] = [];
  let token: string | undefined;
  do {
    const page = await read(token);
    pages.push(page);
    const next = page.NextToken || page.NextMarker || undefined;
    if (next !== undefined && (next === token || pages.length >= mostPages))
      throw new Transient(`${name} gave a list that does not end, so it cannot be trusted to be complete. Try again.`);
    token = next;
  } while (token !== undefined);
  return pages;
}
