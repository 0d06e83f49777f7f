import { Refusal } from '#errors.ts';
import { label, some } from '#lib/format.ts';
import { countedTags, mostTags } from '#lib/tags.ts';
import type { Tags } from '#ports/cloud.ts';
import type { ResourceId } from '#ports/ids.ts';

import type { Edit } from './arguments.ts';

/** `before`: the values of the touched keys, missing ones left out. */
export type Change = {
  id: ResourceId;
  name: string;
  set: Record<string, string>;
  remove: string[];
  before: Record<string, string>;
};
export type TagPlan = {
  changes: readonly Change[];
  unchanged: number;
  undoes: boolean;
  /** Resources of the undo that no longer exist. */
  gone: readonly ResourceId[];
};
export type TagResult = { changed: number };
export type Tagged = { id: ResourceId; name: string; tags: Tags };

/** What really changes on each resource, or the reason why AWS would refuse it. Pure. */
export function planTags(
  edits: readonly { of: Tagged; edit: Edit }[],
  { undoes, gone }: Pick<TagPlan, 'undoes' | 'gone'>,
): TagPlan {
  const changes = edits.map(({ of, edit }) => changeOf(of, edit)).filter((change) => change !== undefined);
  if (changes.length === 0)
    throw new Refusal(
      'conflict',
      gone.length > 0
        ? `Nothing can be put back: ${some(gone, 3)} no longer exist.`
        : 'Nothing would change: the tags to set have these values already, and those to remove are not there.',
    );
  const full = edits.filter(({ of, edit }) => countAfter(of, edit) > mostTags);
  if (full.length > 0) {
    throw new Refusal(
      'over-limit',
      `AWS allows ${mostTags} tags on a resource, and ${some(
        full.map(({ of }) => label(of)),
        3,
      )} would have more. Remove some first, for example \`/tag ${full[0]!.of.id} -old\`.`,
    );
  }
  return { changes, unchanged: edits.length - changes.length, undoes, gone };
}

/** What differs between the plan and what is there now; empty = still true. Pure. */
export function differences(plan: TagPlan, now: readonly Tagged[]): string[] {
  return plan.changes.flatMap((change) => {
    const found = now.find(({ id }) => id === change.id);
    if (found === undefined) return [`${change.id} no longer exists.`];
    const keys = [...Object.keys(change.set), ...change.remove];
    const moved = keys.filter((key) => ownValue(found.tags, key) !== ownValue(change.before, key));
    return moved.map((key) => `Tag ${key} of ${label(change)} was changed by somebody else.`);
  });
}

/** The edit that brings back exactly what was there. Pure. */
export function inverseOf(change: Change): Edit {
  const added = Object.keys(change.set).filter((key) => !Object.hasOwn(change.before, key));
  return { set: change.before, remove: added };
}

/**
 * Lines of the AWS CLI that bring back exactly what was there, for people to run: values as JSON in single quotes, so that
 * nothing in them can become a command of its own. Pure.
 */
export function undoCommands(plan: TagPlan): readonly string[] {
  const tags = (list: readonly object[]) => `'${JSON.stringify(list).replaceAll("'", "'\\''")}'`;
  return plan.changes.flatMap((change) => {
    const { set, remove } = inverseOf(change);
    const back = Object.entries(set).map(([Key, Value]) => ({ Key, Value }));
    const added = remove.map((Key) => ({ Key }));
    return [
      ...(remove.length > 0 ? [`aws ec2 delete-tags --resources ${change.id} --tags ${tags(added)}`] : []),
      ...(back.length > 0 ? [`aws ec2 create-tags --resources ${change.id} --tags ${tags(back)}`] : []),
    ];
  });
}

/** Resources that get the same edit go into one call. Pure. */
export function groupByEdit(edits: readonly { id: ResourceId; edit: Edit }[]): { edit: Edit; ids: ResourceId[] }[] {
  const groups = new Map<string, { edit: Edit; ids: ResourceId[] }>();
  for (const { id, edit } of edits) {
    const key = JSON.stringify([
      Object.entries(edit.set).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      edit.remove.toSorted(),
    ]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { edit, ids: [id] });
    else group.ids.push(id);
  }
  return [...groups.values()];
}

function changeOf(of: Tagged, edit: Edit): Change | undefined {
  const set = Object.fromEntries(
    Object.entries(edit.set).filter(([key, value]) => !Object.hasOwn(of.tags, key) || of.tags[key] !== value),
  );
  const remove = edit.remove.filter((key) => Object.hasOwn(of.tags, key));
  if (Object.keys(set).length + remove.length === 0) return undefined;
  const touched = [...Object.keys(set), ...remove];
  const before = Object.fromEntries(
    touched.flatMap((key) => (Object.hasOwn(of.tags, key) ? [[key, of.tags[key] ?? '']] : [])),
  );
  return { id: of.id, name: of.name, set, remove, before };
}

function countAfter(of: Tagged, edit: Edit): number {
  const kept = Object.fromEntries(Object.entries(of.tags).filter(([key]) => !edit.remove.includes(key)));
  return countedTags({ ...kept, ...edit.set });
}

/** A tag named `constructor` is a tag; an object's inherited one is not. */
function ownValue(tags: Tags, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}
