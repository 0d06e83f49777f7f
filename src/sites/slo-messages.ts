import { duration } from '#lib/format.ts';
import type { Site, Slo } from '#ports/site-settings.ts';

import { address, people } from './facts.ts';
import type { Words } from './messages.ts';
import type { Burn } from './slo.ts';

/** `99.9 % up in 30 d`. */
export function promise(slo: Slo, promised: Burn['promised']): string {
  const over = `in ${duration(slo.windowMs)}`;
  if (promised === 'availability' || slo.latency === undefined) return `${slo.target} % up ${over}`;
  return `${slo.latency.share} % of answers within ${slo.latency.underMs} ms ${over}`;
}

/** `12.3 %`; rounded down, so that 100 % means all of it. */
export function percent(part: number): string {
  return `${Math.floor(part * 10_000) / 100} %`;
}

export function burns(site: Site, slo: Slo, of: Burn & { left: number | undefined }): Words {
  const rate = `${of.rate < 10 ? of.rate.toFixed(1) : Math.round(of.rate)} times as fast as it lasts`;
  const left = of.left === undefined ? 'unknown' : of.left < 0 ? 'overspent' : percent(of.left);
  return {
    report: {
      severity: of.pace === 'fast' ? 'critical' : 'warning',
      title: `Error budget burns · ${site.name}`,
      alert: `${site.name}: the error budget burns ${rate} (${promise(slo, of.promised)})`,
      facts: [
        ['Site', address(site)],
        ['Promise', promise(slo, of.promised)],
        ['Burn rate', `${rate}, over the last ${duration(of.spentOf)}`],
        ['Budget left', left],
        ...people(site),
      ],
      detail: [
        of.promised === 'availability'
          ? 'Short outages add up. Look at what the alerts of this site have in common, or hold back risky changes.'
          : 'Too many answers are slow. Look at the load and at what was deployed last, or hold back risky changes.',
      ],
      remedies: [],
      closable: true,
    },
    note: `The budget of ${promise(slo, of.promised)} burns ${rate}.`,
  };
}

export function burnsNoMore(name: string): Words {
  return {
    report: {
      severity: 'info',
      title: `Error budget burns · ${name}`,
      alert: `${name}: the error budget no longer burns too fast`,
      facts: [['Site', name]],
      detail: ['What is left of the budget recovers as the bad time leaves its window.'],
      remedies: [],
    },
    note: 'The budget no longer burns too fast.',
  };
}
