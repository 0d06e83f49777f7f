import { count, duration } from '#lib/format.ts';
import type { Report } from '#ports/incidents.ts';
import type { Site } from '#ports/site-settings.ts';
import type { Line, Message } from '#ports/text.ts';

import { cause, fitsRestart, nextMove } from './causes.ts';
import { address, list, milliseconds, people, phases, serverFact } from './facts.ts';
import { remedies } from './remedies.ts';
import type { Server } from './server.ts';
import type { Evidence, SiteState } from './state.ts';
import { sightFact } from './vantage-messages.ts';

/** All words about sites. What comes from outside stands in plain pieces only, so nothing of it can become markup. */

/** `whole`: the note says all of the state; of several in a row the newest is enough. */
export type Words = { report: Report; note: Line; whole?: boolean };

export function down(of: { site: Site; state: SiteState; server: Server; first: boolean }): Words {
  const { site, state, server } = of;
  const evidence = state.cause;
  if (evidence === undefined) throw new Error('a site is down for a cause'); // verdict.ts never leaves it out
  const checks = site.recheckMs.length + 1;
  const gaps = list(site.recheckMs.map(duration));
  return {
    report: {
      severity: 'critical',
      title: `Site down · ${site.name}`,
      alert: `${site.name} is down: ${cause(evidence)}`,
      facts: [
        ['Site', address(site)],
        ['Cause', causeOf(evidence)],
        ...(evidence.status === undefined || evidence.class === 'status'
          ? []
          : [['Status', `HTTP ${evidence.status}`] as const]),
        ...(evidence.phases.totalMs < 0.5 ? [] : [['Time spent', phases(evidence.phases)] as const]),
        ['First failure', { at: state.firstFailureAt ?? evidence.at, style: 'datetime' }],
        ['Confirmed by', `${checks} failed checks in a row; ${count(checks - 1, 're-check')} after ${gaps}`],
        ...sightFact(state),
        ...serverFact(server),
        ...people(site),
      ],
      detail: [nextMove(evidence, site), ...serverRemark(server, evidence)],
      remedies: remedies(site, evidence, server),
      sites: [site.name],
    },
    note: of.first
      ? `Down: ${cause(evidence)}. ${checks} checks in a row failed.`
      : `Still down. Now: ${cause(evidence)}${server.kind === 'found' ? `; the server is ${server.state}` : ''}.`,
  };
}

/** With its class, by which rules and remedies know it, where that does not say the same again. */
function causeOf(evidence: Evidence): string {
  return evidence.class === 'status' ? cause(evidence) : `${cause(evidence)} (${evidence.class})`;
}

export function upAgain(of: { site: Site; state: SiteState }): Words {
  const { site, state } = of;
  const outage = state.lastOutage;
  if (outage === undefined) {
    const text = 'is not down';
    return { report: closed(site, 'critical', 'Site down', text), note: `${site.name} ${text}.` };
  }
  const lasted = duration(outage.endedAt - outage.startedAt);
  return {
    report: {
      severity: 'critical',
      title: `Site down · ${site.name}`,
      alert: `${site.name} is up again after ${lasted}`,
      facts: [
        ['Site', address(site)],
        [
          'Down',
          [
            { at: outage.startedAt, style: 'datetime' },
            ' to ',
            { at: outage.endedAt, style: 'datetime' },
            ` (${lasted})`,
          ],
        ],
        ['Cause', causeOf(outage.cause)],
        ['Answers now in', state.lastMs === undefined ? 'unknown' : milliseconds(state.lastMs)],
        ...people(site),
      ],
      detail: [],
      remedies: [],
    },
    note: `Up again after ${lasted}; ${count(site.recoverChecks, 'good check')} in a row.`,
  };
}

/** Something was open when the site could be checked no more. */
export function unseen(site: Site, topic: string): Words {
  const text = 'cannot be checked any more, so nobody knows how this went on';
  return { report: closed(site, 'info', topic, text), note: `${site.name} ${text}.` };
}

export type NotWatched = 'removed' | 'paused' | { as: string };

/** The site was taken out of deckhand.yml, or paused, while something was open. */
export function unwatched(site: string, topic: string, why: NotWatched): Words {
  const { text, detail } = unwatchedWords(why);
  const report: Report = {
    severity: 'info',
    title: `${topic} · ${site}`,
    alert: `${site} ${text}`,
    facts: [],
    detail: [detail],
    remedies: [],
  };
  return { report, note: `${site} ${text}.` };
}

function unwatchedWords(why: NotWatched): { text: string; detail: string } {
  const end = 'so nobody knows how this went on.';
  if (why === 'removed') return { text: 'is no longer watched', detail: `The site was taken out, ${end}` };
  if (why === 'paused') return { text: 'is paused', detail: `The site is paused, ${end}` };
  const detail = `The site has another name in deckhand.yml. What is wrong with it is told as ${why.as} from here, which keeps its history.`;
  return { text: `is called ${why.as} now`, detail };
}

/** From here it is told in the message of another site. */
export function folded(site: string, leader: string): Words {
  const report: Report = {
    severity: 'critical',
    title: `Site down · ${site}`,
    alert: `${site} is told together with ${leader} from here`,
    facts: [],
    detail: [`${site} is not up again: it failed together with ${leader}. Go on in the message of ${leader}.`],
    remedies: [],
  };
  return { report, note: `Told together with ${leader} from here.` };
}

export function closed(site: Site, severity: Report['severity'], title: string, text: string): Report {
  return {
    severity,
    title: `${title} · ${site.name}`,
    alert: `${site.name} ${text}`,
    facts: [['Site', address(site)], ...people(site)],
    detail: [`${site.name} ${text}.`],
    remedies: [],
  };
}

function serverRemark(server: Server, evidence: Evidence): readonly Line[] {
  if (server.kind !== 'found') return [];
  if (server.state !== 'running')
    return [`The server behind it is ${server.state}. Start it in the EC2 console if nobody stopped it on purpose.`];
  if (server.autoScalingGroup !== undefined && fitsRestart(evidence))
    return [`The server belongs to the Auto Scaling group ${server.autoScalingGroup}, which may replace it by itself.`];
  return [];
}

/** A site of the chat that is there twice. */
export function shadowed(name: string, where = 'deckhand.yml'): Message {
  const line = `The site ${name} stands in ${where} and was also added here. The one in the file is watched; the other is kept, unwatched. Remove it with \`/deck sites remove ${name}\`, or rename one of them.`;
  return {
    alert: `Site ${name} is defined twice`,
    title: 'A site is defined twice',
    sections: [{ kind: 'text', lines: [line] }],
  };
}
