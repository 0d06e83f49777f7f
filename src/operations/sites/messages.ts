import type { SiteFields } from '#ports/managed-sites.ts';
import type { Line, Section } from '#ports/text.ts';
import type { ProbeResult } from '#ports/web.ts';

import type { SitePlan } from './plan.ts';

export type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ name, before, after, remarks = [] }: SitePlan): Words {
  const title =
    after === null ? `Stop watching ${name}` : before === null ? `Watch the site ${name}` : `Change the site ${name}`;
  const what =
    after === null
      ? 'It is checked no more, and an open alert of it is closed. What was recorded of it stays until its time is over.'
      : 'Takes effect within seconds, without a restart. Fields that are not named follow `sitesDefaults` of deckhand.yml.';
  return {
    title,
    summary: title,
    sections: [
      { kind: 'list', items: difference(before ?? {}, after ?? {}) },
      ...(remarks.length === 0 ? [] : [{ kind: 'text', lines: remarks } as const]),
      { kind: 'note', line: what },
    ],
  };
}

export function changed({ name, before, after }: SitePlan): Words {
  const title =
    after === null ? `${name} is watched no more` : before === null ? `${name} is watched` : `${name} was changed`;
  const next: Line =
    after === null
      ? 'Its place is free: the name can be used again.'
      : ['How it is: ', { code: '/deck sites' }, '. At once: ', { code: `/deck sites test ${name}` }, '.'];
  return {
    title,
    summary: title,
    sections: [
      { kind: 'list', items: difference(before ?? {}, after ?? {}) },
      { kind: 'note', line: next },
    ],
  };
}

/** What the check showed right now. */
export function looked({ failure, phases }: ProbeResult): string {
  if (failure === undefined) return `Now: answers in ${Math.round(phases.totalMs)} ms.`;
  if (failure.class === 'monitor') return 'Now: Deckhand could not look, which says nothing of the site.';
  const verdict = failure.class === 'setup' ? 'cannot be checked' : 'would count as down';
  return `Now: ${verdict}: ${failure.detail}.`;
}

/** Its remedies would be missing when they are needed. */
export function noServer(named: string, why: string): string {
  return `Server ${named}: ${why}. Without it an alert has no buttons that restart or restore; check \`instance\`.`;
}

/** One line per field that differs, as it would stand in deckhand.yml. */
function difference(before: SiteFields, after: SiteFields): Line[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((field): Line[] => {
    const [old, now] = [written(before[field]), written(after[field])];
    if (old === now) return [];
    if (now === undefined) return [['- ', { code: `${field}: ${old}` }]];
    if (old === undefined) return [['+ ', { code: `${field}: ${now}` }]];
    return [['~ ', { code: `${field}: ${now}` }, ' (was ', { code: old }, ')']];
  });
}

function written(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
