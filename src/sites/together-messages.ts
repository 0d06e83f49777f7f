import { count, duration, some } from '#lib/format.ts';
import type { Site } from '#ports/site-settings.ts';

import type { Follower } from './incident.ts';
import { loadBalancerOf, type Relation } from './kin.ts';
import * as messages from './messages.ts';
import type { Server } from './server.ts';
import { isDown, type SiteState } from './state.ts';

/** Words of one message about several sites. */

/** Names in one message; the rest is counted. */
const mostNames = 20;

type Of = { site: Site; state: SiteState; server: Server; followers: readonly Follower[] };

export function down(of: Of & { first: boolean }): messages.Words {
  const { site, state, followers } = of;
  const cause = state.cause ?? state.lastOutage?.cause;
  const firstFailureAt = Math.min(state.firstFailureAt ?? Infinity, ...followers.map(({ since }) => since));
  const single = messages.down({ ...of, state: { ...state, cause, firstFailureAt } });
  const names = namesOf(of, true);
  const back = namesOf(of, false);
  const what = whatOf(of);
  const [, ...facts] = single.report.facts;
  return {
    report: {
      ...single.report,
      title: `${count(names.length, 'site')} down · ${what}`,
      alert: `${count(names.length, 'site is', 'sites are')} down (${what}): ${some(names, 3)}`,
      facts: [
        ['Down', some(names, mostNames)],
        ...(back.length === 0 ? [] : [['Up again', some(back, mostNames)] as const]),
        ['In common', what],
        ...(isDown(state) ? [['For example', site.name] as const] : []),
        ...facts,
      ],
      detail: [because(of), ...single.report.detail],
      sites: names,
    },
    whole: !of.first,
    note: of.first ? single.note : `Now ${count(names.length, 'site')} down: ${some(names, mostNames)}.`,
  };
}

export function upAgain(of: Of): messages.Words {
  const single = messages.upAgain(of);
  const names = [...namesOf(of, true), ...namesOf(of, false)];
  const [, ...facts] = single.report.facts;
  const left = of.followers.filter((one) => one.down).map(({ name }) => name);
  const isAll = left.length === 0;
  const { lastOutage } = of.state;
  const after = lastOutage === undefined ? '' : ` after ${duration(lastOutage.endedAt - lastOutage.startedAt)}`;
  const what = isAll ? count(names.length, 'site is', 'sites are') : `${of.site.name} is`;
  return {
    ...single,
    report: {
      ...single.report,
      title: `${count(names.length, 'site')} down · ${whatOf(of)}`,
      alert: `${what} up again: ${some(
        names.filter((name) => !left.includes(name)),
        3,
      )}`,
      facts: [
        ['Sites', some(names, mostNames)],
        ...(isAll ? [] : [['Still looked at', `${some(left, mostNames)}; told anew if they stay down`] as const]),
        ['For example', of.site.name],
        ...facts,
      ],
      sites: names,
    },
    // Says all that a line still waiting would say.
    whole: true,
    note: `${what} up again${after}${isAll ? '' : `; still looked at: ${some(left, mostNames)}`}.`,
  };
}

function namesOf({ site, state, followers }: Of, down: boolean): readonly string[] {
  const own = isDown(state) === down ? [site.name] : [];
  const others = followers.filter((one) => one.down === down).map(({ name }) => name);
  return [...own, ...others.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))];
}

/** The reason they are told together, as people call it. */
function whatOf({ site, state, server, followers }: Of): string {
  switch (closest(followers)) {
    case 'parent':
      return site.name;
    case 'server':
      return `server ${server.kind === 'found' && server.name !== '' ? server.name : (site.instance ?? '')}`;
    case 'load balancer':
      return `load balancer ${loadBalancerOf(site, state.canonical) ?? ''}`;
    case 'host':
      return URL.parse(site.url)?.host ?? site.url;
    case 'name':
      return state.canonical ?? 'one name';
    case 'address':
      return 'one address';
  }
}

function because({ followers, site, state }: Of): string {
  switch (closest(followers)) {
    case 'parent':
      return `The others cannot work without ${site.name}. What stays down after it is told on its own.`;
    case 'server':
      return 'They run on one server, so look at that first.';
    case 'load balancer':
      return 'They are behind one load balancer, so look at that first.';
    case 'host':
      return 'They have one host name, so look at that host first.';
    case 'name':
      return `Their names all lead to ${state.canonical ?? 'one name'} (CNAME), a load balancer or CDN; look at that first.`;
    case 'address':
      return 'Their names lead to one address, so look at what answers there first.';
  }
}

function closest(followers: readonly Follower[]): Relation {
  return followers.find(({ by }) => by !== 'parent')?.by ?? 'parent';
}
