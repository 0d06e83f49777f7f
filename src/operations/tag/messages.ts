import { count, label, some } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import type { Change, TagPlan, TagResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
const shownKeys = 12;
const shownResources = 8;

/** The difference, counted: what is added, changed and removed on how many resources. */
export function planned(plan: TagPlan): Words {
  const what = plan.changes.length === 1 ? label(plan.changes[0]!) : count(plan.changes.length, 'resource');
  const verb = plan.undoes ? 'Undo the tag change of' : 'Change tags of';
  const same =
    plan.unchanged === 0
      ? []
      : [
          `${count(plan.unchanged, 'resource')} ${plan.unchanged === 1 ? 'is' : 'are'} like that already and left alone.`,
        ];
  const gone =
    plan.gone.length === 0
      ? []
      : [
          `${some(plan.gone, 5)} no longer exist${plan.gone.length === 1 ? 's' : ''} and ${plan.gone.length === 1 ? 'is' : 'are'} left out.`,
        ];
  return {
    title: `${verb} ${what}`,
    summary: `${verb} ${what}`,
    sections: [
      { kind: 'list', items: differenceLines(plan.changes) },
      { kind: 'facts', facts: [['On', resources(plan.changes)]] },
      {
        kind: 'text',
        lines: [
          ...same,
          ...gone,
          plan.undoes
            ? 'Every tag gets back exactly the value it had.'
            : 'The old values are kept, and an Undo button brings them back. If Terraform manages these resources, its next apply may revert this.',
        ],
      },
    ],
  };
}

/** What was changed. */
export function done(plan: TagPlan, result: TagResult): Words {
  const what = plan.changes.length === 1 ? label(plan.changes[0]!) : count(result.changed, 'resource');
  return {
    title: `${plan.undoes ? 'Undid the tag change of' : 'Changed tags of'} ${what}`,
    summary: `${plan.undoes ? 'Undid the tag change of' : 'Changed tags of'} ${what}`,
    sections: [
      { kind: 'list', items: differenceLines(plan.changes) },
      { kind: 'facts', facts: [['On', resources(plan.changes)]] },
    ],
  };
}

/** One line per key and kind of change, the most frequent first. */
function differenceLines(changes: readonly Change[]): Line[] {
  const lines = new Map<string, { line: Line; count: number }>();
  for (const change of changes)
    for (const [key, line] of changeLines(change)) lines.set(key, { line, count: (lines.get(key)?.count ?? 0) + 1 });
  const sorted = [...lines.values()].toSorted((a, b) => b.count - a.count);
  const shown = sorted
    .slice(0, shownKeys)
    .map(({ line, count: n }): Line => [...(Array.isArray(line) ? line : [line]), ` · ${count(n, 'resource')}`]);
  return sorted.length > shownKeys ? [...shown, `and ${sorted.length - shownKeys} more`] : shown;
}

function changeLines(change: Change): [string, Line][] {
  const set = Object.entries(change.set).map(([key, value]): [string, Line] => {
    const old = Object.hasOwn(change.before, key) ? change.before[key] : undefined;
    const line: Line =
      old === undefined
        ? ['+ ', { code: `${key}=${value}` }]
        : ['~ ', { code: `${key}=${value}` }, ' (was ', { code: old === '' ? '(empty)' : old }, ')'];
    return [JSON.stringify([key, value, old ?? null]), line];
  });
  const removed = change.remove.map((key): [string, Line] => [
    JSON.stringify(['-', key, change.before[key]]),
    ['- ', { code: `${key}=${change.before[key] ?? ''}` }],
  ]);
  return [...set, ...removed];
}

function resources(changes: readonly Change[]): string {
  const shown = changes.slice(0, shownResources).map(label).join(', ');
  return changes.length > shownResources ? `${shown} and ${changes.length - shownResources} more` : shown;
}
