import type { Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

/** Why nobody watches there any more: the whole watch is off, or one place is not in the settings. */
export type Why = { kind: 'off' } | { kind: 'place'; account: string; region: string };

/** The end of an alert whose end nobody would see. `of`: the title it had, as far as it is known. */
export function notWatched(of: string, why: Why): { report: Report; note: Line } {
  const reason = reasonOf(why);
  return {
    report: {
      severity: 'warning',
      title: `No longer watched · ${of}`,
      alert: `${of} is no longer watched: ${reason}`,
      facts: [],
      detail: [
        [`Closed because ${reason}. It may still be wrong: look with `, { code: '/fleet' }, ' or in the EC2 console.'],
      ],
      remedies: [],
    },
    note: `No longer watched: ${reason}.`,
  };
}

function reasonOf(why: Why): string {
  switch (why.kind) {
    case 'off':
      return 'health.enabled is off in deckhand.yml';
    case 'place':
      return `${why.region} of account ${why.account} is no longer in deckhand.yml`;
  }
}
