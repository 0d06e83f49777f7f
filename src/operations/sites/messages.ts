import type { SiteFields } from '#ports/managed-sites.ts';
import type { Line, Section } from '#ports/text.ts';

import type { SitePlan } from './plan.ts';

export type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ name, before, after }: SitePlan): Words {
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
