import type { Action, Call } from './call.ts';
import { groups, kindOf, list } from './form.ts';
import type { Kept, Kind, Tags } from './model.ts';
import { invalid, missing, Problem } from './problems.ts';
import type { Table } from './table.ts';
import { checkCount, checkKey, readTags } from './tag-rules.ts';
import { find, type World } from './world.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
const mostResources = 1_000;

type Tagged = Kept[Kind];
type Retag = (tags: Tags) => Tags;

export const createTags: Action = {
  takes: ['ResourceId', 'Tag', 'DryRun'],
  run: (call) => {
    const asked = readTags(call.form);
    if (asked.size === 0) throw missing('Tag');
    return retag(call, (tags) => checkCount(new Map([...tags, ...asked])));
  },
};

/** A tag with a value goes only if it has that value; without any tags named, all go that AWS did not set. */
export const deleteTags: Action = {
  takes: ['ResourceId', 'Tag', 'DryRun'],
  run: (call) => {
    const asked = groups(call.form, 'Tag').map((tag) => ({ key: tag.get('Key') ?? '', value: tag.get('Value') }));
    for (const { key } of asked) checkKey(key);
    const goes = (key: string, value: string): boolean =>
      asked.length === 0
        ? !key.startsWith('aws:')
        : asked.some((one) => one.key === key && (one.value ?? value) === value);
    return retag(call, (tags) => new Map([...tags].filter(([key, value]) => !goes(key, value))));
  },
};

/** All resources or none. */
function retag({ world, form }: Call, change: Retag): { return: boolean } {
  const ids = [...new Set(list(form, 'ResourceId'))];
  if (ids.length === 0) throw missing('ResourceId');
  if (ids.length > mostResources) throw invalid(`The number of resources exceeds the limit of ${mostResources}.`);
  const writes = ids.map((id) => retagOne(world, id, change));
  for (const write of writes) write();
  return { return: true };
}

function retagOne(world: World, id: string, change: Retag): () => void {
  const kind = kindOf(id);
  if (kind === undefined) throw new Problem('InvalidID', `The ID '${id}' is not valid`);
  const [record] = find(world, kind, [id]);
  const next = { ...record, tags: change((record as Tagged).tags) };
  return () => (world.tables[kind] as unknown as Table<Tagged>).put(next as Tagged);
}
