import { csvOf } from '#lib/csv.ts';
import type { TextFile } from '#operations/contract.ts';

import { type TagPlan, undoCommands } from './plan.ts';

/** The card names as many; of more nobody could see each one. */
const shownOnCard = 8;

/** Every tag of every resource, as it is and as it will be. Pure. */
export function planFiles({ changes }: TagPlan): readonly TextFile[] {
  if (changes.length <= shownOnCard) return [];
  const rows = changes.flatMap(({ id, name, set, remove, before }) => [
    ...Object.entries(set).map(([key, value]) => [id, name, key, valueOf(before, key), value, 'set']),
    ...remove.map((key) => [id, name, key, valueOf(before, key), '', 'removed']),
  ]);
  return [
    {
      name: 'tags-before-and-after.csv',
      title: 'Every tag that changes, with its old value',
      text: csvOf(['id', 'name', 'key', 'before', 'after', 'change'], rows),
    },
  ];
}

/** The way back without Deckhand, should it be wanted when the Undo button is long gone. Pure. */
export function undoFiles(plan: TagPlan): readonly TextFile[] {
  if (plan.undoes || plan.changes.length <= shownOnCard) return [];
  const lines = [
    '#!/bin/sh',
    '# Brings back the tags as they were before; /undo does the same. Run it for the account and Region that the card names.',
    'set -eu',
  ];
  return [
    {
      name: 'undo-tags.sh',
      title: 'The old tags, as commands',
      text: `${[...lines, ...undoCommands(plan)].join('\n')}\n`,
    },
  ];
}

function valueOf(tags: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(tags, key) ? (tags[key] ?? '') : '';
}
