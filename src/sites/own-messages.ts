import { count, duration } from '#lib/format.ts';
import type { Report } from '#ports/incidents.ts';

import type { Words } from './messages.ts';

/** Words about trouble of the site checks themselves. */

export function blind(suspects: number): Words {
  return {
    report: {
      severity: 'critical',
      title: 'Site checks are blind',
      alert: `Site checks are blind: ${count(suspects, 'site')} failed at once and Deckhand reaches nothing else either`,
      facts: [
        ['Failed at once', count(suspects, 'site')],
        ['Also not reached', 'the EC2 API and well-known addresses'],
      ],
      detail: [
        'Most likely the network of this machine is down, not the sites. No site is told as down meanwhile; checks go on.',
        'Look at the network, the DNS and the NAT gateway of the machine that runs Deckhand.',
      ],
      remedies: [],
    },
    note: `${count(suspects, 'site')} failed at once and nothing else can be reached. Judging is paused.`,
  };
}

export function seesAgain(): Words {
  const report: Report = {
    severity: 'critical',
    title: 'Site checks are blind',
    alert: 'Site checks see again',
    facts: [],
    detail: ['Every site is judged anew from here.'],
    remedies: [],
  };
  return { report, note: 'The network answers again. Judging goes on.' };
}

/** Our own scheduler does not get to its checks. */
export function stalled(overdueMs: number): Words {
  const text = `Site checks stand still: one is overdue by ${duration(overdueMs)}`;
  return {
    report: {
      severity: 'critical',
      title: 'Site checks stand still',
      alert: text,
      facts: [['Overdue', duration(overdueMs)]],
      detail: [
        'Deckhand does not get to its checks, so an outage may go unnoticed. No site is told as down for it.',
        'Look at the load of the machine that runs Deckhand, and at `monitoring.concurrency` if many sites hang.',
      ],
      remedies: [],
    },
    note: `${text}.`,
  };
}

export function flowsAgain(): Words {
  const report: Report = {
    severity: 'critical',
    title: 'Site checks stand still',
    alert: 'Site checks run again',
    facts: [],
    detail: ['Every check starts in time again.'],
    remedies: [],
  };
  return { report, note: 'Checks start in time again.' };
}
