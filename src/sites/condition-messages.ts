import { count, duration, some } from '#lib/format.ts';
import type { Site } from '#ports/site-settings.ts';

import { cause } from './causes.ts';
import { address, milliseconds, people } from './facts.ts';
import { closed, type Words } from './messages.ts';
import type { SiteState } from './state.ts';

export function slow(of: { site: Site; state: SiteState }): Words {
  const { site, state } = of;
  return {
    report: {
      severity: 'warning',
      title: `Site slow · ${site.name}`,
      alert: `${site.name} is slow: ${limitOf(site)}`,
      facts: [
        ['Site', address(site)],
        ['Slow', limitOf(site)],
        ['Newest answers', state.times.map(milliseconds).join(', ')],
        ...people(site),
      ],
      detail: ['It answers, so it counts as up. Look for load, a slow database, or a recent deploy.'],
      remedies: [],
      sites: [site.name],
    },
    note: `Slow: ${limitOf(site)}.`,
  };
}

/** Over: fast again, or down, which is told on its own. */
export function slowOver(of: { site: Site; state: SiteState }): Words {
  const fast = of.state.phase !== 'down';
  const text = fast ? 'answers quickly again' : 'is down now, which has its own message';
  return { report: closed(of.site, 'warning', 'Site slow', text), note: `${of.site.name} ${text}.` };
}

export function intermittent(of: { site: Site; state: SiteState }): Words {
  const { site, state } = of;
  const failed = state.track.replaceAll('+', '').length;
  return {
    report: {
      severity: 'warning',
      title: `Site intermittent · ${site.name}`,
      alert: `${site.name} comes and goes: ${failed} of the last ${state.track.length} checks failed`,
      facts: [
        ['Site', address(site)],
        ['Failed', `${failed} of the last ${state.track.length} checks, in several bursts`],
        ...(state.cause === undefined ? [] : [['Last cause', cause(state.cause)] as const]),
        ...people(site),
      ],
      detail: [
        `Short outages are not told while this lasts; one of ${duration(site.intermittent.tellDownMs)} or more without any answer is. It ends after ${count(site.intermittent.checks, 'check')} without a new burst.`,
        'Often one of several servers behind the name fails: look at the load balancer and at each server.',
      ],
      remedies: [],
      sites: [site.name],
    },
    note: `Comes and goes: ${failed} of the last ${state.track.length} checks failed.`,
  };
}

export function intermittentOver({ site }: { site: Site }): Words {
  const text = `is steady again: ${count(site.intermittent.checks, 'check')} without a new failure`;
  return { report: closed(site, 'warning', 'Site intermittent', text), note: `${site.name} ${text}.` };
}

export function certificate(of: { site: Site; state: SiteState; now: number; sharers?: readonly string[] }): Words {
  const { site, state, now, sharers = [] } = of;
  const validTo = state.certificate?.validTo ?? now;
  const over = validTo <= now;
  const words = over ? `has expired ${duration(now - validTo)} ago` : `ends in ${duration(validTo - now)}`;
  return {
    report: {
      severity: over ? 'critical' : 'warning',
      title: `Certificate · ${site.name}`,
      alert: `The certificate of ${site.name} ${words}`,
      facts: [
        ['Site', address(site)],
        ...(sharers.length === 0 ? [] : [['Also on', some(sharers, 20)] as const]),
        ['Valid until', { at: validTo, style: 'datetime' }],
        ['Fingerprint', { code: (state.certificate?.fingerprint ?? '').slice(0, 23) }],
        ...people(site),
      ],
      detail: [
        `The certificate ${words}. Renew it and load it on every server behind the name; a restart alone does not renew it.`,
      ],
      remedies: [],
    },
    note: `The certificate ${words}.`,
  };
}

export function certificateOver({ site }: { site: Site }): Words {
  const text = 'shows a certificate that lasts long enough';
  return { report: closed(site, 'warning', 'Certificate', text), note: `${site.name} ${text}.` };
}

function limitOf(site: Site): string {
  return `the middle one of ${count(site.degraded.checks, 'answer')} took longer than ${milliseconds(site.slowMs ?? 0)}`;
}
