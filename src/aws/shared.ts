import { isRefusal, Refusal } from '#errors.ts';
import type { Tags } from '#ports/cloud.ts';

import type { Recent } from './recent.ts';

/** Tags given in the creating call itself: if they cannot be set, nothing is made. Left out when there are none.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
export function tagged(kind: 'volume' | 'snapshot' | 'replace-root-volume-task', tags: Tags) {
  const list = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return list.length === 0 ? {} : { TagSpecifications: [{ ResourceType: kind, Tags: list }] };
}

/** A client token as EC2 takes it. Throws Refusal "bad-input" on any other: without one the SDK makes up its own. */
export function clientToken(token: string): string {
  if (/^[\x21-\x7e]{1,64}$/.test(token)) return token;
  throw new Refusal(
    'bad-input',
    'A client token must be 1 to 64 ASCII characters. Report this as a fault in Deckhand.',
    { awsCode: 'InvalidClientToken' },
  );
}

/** Deletes; gone already counts as done. What was made a moment ago is not taken for gone (the caller of EC2 sees to it). */
export async function gone(id: string, recent: Recent, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'not-found') throw error;
  }
  recent.forget(id);
}

/** AWS takes up to 1,000 resources in one call and recommends fewer; one bad id fails all of them.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const mostPerCall = 200;
