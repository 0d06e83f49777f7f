import { count } from '#lib/format.ts';

import type { Words } from './messages.ts';

/** What is watched: in titles, and one of them in a sentence. */
export type Watched = { what: string; one: string };

/** EC2 cannot be read, so nobody watches. `why` is what the adapter said, meant for people. */
export function unreadable({ what, one }: Watched, of: { looks: number; why: string }): Words {
  return {
    report: {
      severity: 'critical',
      title: `${what} is not watched`,
      alert: `${what} is not watched: ${count(of.looks, 'look')} in a row failed`,
      facts: [['Failed', `${count(of.looks, 'look')} in a row`]],
      detail: [of.why, `No alert about ${one} can come until this works again. Deckhand keeps trying.`],
      remedies: [],
    },
    note: `${count(of.looks, 'look')} at EC2 in a row failed.`,
  };
}

export function readableAgain({ what }: Watched): Words {
  return {
    report: {
      severity: 'critical',
      title: `${what} is not watched`,
      alert: `${what} is watched again`,
      facts: [],
      detail: ['EC2 answers again.'],
      remedies: [],
    },
    note: 'EC2 answers again.',
  };
}
