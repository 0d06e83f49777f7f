import { count, duration, some } from '#lib/format.ts';
import type { Report } from '#ports/incidents.ts';
import type { CheckFigures } from '#ports/managed-sites.ts';

import { milliseconds } from './facts.ts';
import type { Words } from './messages.ts';

/** Words about trouble of the site checks themselves. */

/** Causes that one message spells out. */
const mostCauses = 5;

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

/** `causes`: what has to be changed, and the sites that wait for it. */
export function setup(causes: ReadonlyMap<string, readonly string[]>): Words {
  const sites = [...causes.values()].flat();
  const [first = ''] = causes.keys();
  const text = `${sites.length === 1 ? sites.join('') : count(sites.length, 'site')} cannot be checked as set up`;
  const lines = [...causes].map(([cause, names]) => `${some(names, 10)}: ${cause}.`);
  return {
    report: {
      severity: 'warning',
      title: text,
      alert: `${text}: ${first}`,
      facts: [
        ['Sites', some(sites, 20)],
        ['Meanwhile', 'nobody knows how they are; it counts neither as up nor as down'],
      ],
      detail: [
        ...lines.slice(0, mostCauses),
        ...(lines.length > mostCauses
          ? [`… and ${count(lines.length - mostCauses, 'other cause')}: see /deck sites.`]
          : []),
        'This message ends by itself with the first check that can be made. To look at once: /deck sites test NAME.',
      ],
      remedies: [],
    },
    note: `${text}: ${first}.`,
    whole: true,
  };
}

export function setupOver(): Words {
  const text = 'Every site can be checked again';
  const report: Report = {
    severity: 'warning',
    title: 'Sites cannot be checked',
    alert: text,
    facts: [],
    detail: ['They are judged anew from here.'],
    remedies: [],
  };
  return { report, note: `${text}.` };
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

/** Our own scheduler starts its checks late. */
export function late(of: Omit<CheckFigures, 'inFlight' | 'waiting'>): Words {
  const behind = duration(Math.max(of.lagP99, of.overdueMs));
  const text = `Site checks start late, up to ${behind}`;
  return {
    report: {
      severity: 'warning',
      title: 'Site checks start late',
      alert: text,
      facts: [
        ['Late', `half of them by ${milliseconds(of.lagP50)}, 99 of 100 by at most ${milliseconds(of.lagP99)}`],
        ['Longest overdue', milliseconds(of.overdueMs)],
        ['Left out', `${count(of.skipped, 'check')} since the start`],
        ['Event loop', `up to ${milliseconds(of.loopMs)} late`],
      ],
      detail: [
        'It has lasted for two minutes. No site is told as down for it, but an outage is noticed that much later.',
        'Look at the load of the machine that runs Deckhand; with an idle event loop raise `monitoring.concurrency.total`, or check less often.',
      ],
      remedies: [],
    },
    note: `${text}.`,
  };
}

export function inTime(): Words {
  const report: Report = {
    severity: 'warning',
    title: 'Site checks start late',
    alert: 'Site checks start in time again',
    facts: [],
    detail: ['Every check starts in time again.'],
    remedies: [],
  };
  return { report, note: 'Checks start in time again.' };
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
