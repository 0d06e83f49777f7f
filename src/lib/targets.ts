import { isRefusal, Refusal } from '#errors.ts';
import type { Cloud, Instance, Volume } from '#ports/cloud.ts';

import { describeSelector, type Selector } from './selector.ts';

/** What a selector stands for right now. `volumes`: every volume attached to the instances, and the chosen loose ones. */
export type Targets = {
  instances: readonly Instance[];
  volumes: readonly Volume[];
  /** True for the volumes that the selector names by id. */
  named: ReadonlySet<string>;
};

/**
 * Reads what the selector names: instances with their volumes, loose volumes by id or by the same tags. Volumes given
 * by id bring the instance they hang on. Throws Refusal "not-found" when nothing matches or a Name does not exist.
 */
export async function findTargets(cloud: Pick<Cloud, 'instances' | 'volumes'>, selector: Selector): Promise<Targets> {
  const named = await cloud.volumes({ ids: selector.volumes });
  const hosts = named.flatMap((volume) => volume.attachments.map((at) => at.instanceId));
  const lists = await Promise.all([
    cloud.instances({ ids: [...new Set([...selector.instances, ...hosts])] }),
    selectByName(cloud, selector.names),
    selectByTags(cloud, selector),
  ]);
  const instances = distinct(lists.flat());
  const attached = selector.all ? await cloud.volumes({}) : await volumesOf(cloud, instances);
  const loose = selector.all ? [] : await looseByTags(cloud, selector);
  const volumes = distinct([...named, ...attached, ...loose]);
  if (instances.length === 0 && volumes.length === 0) {
    throw new Refusal(
      'not-found',
      `Nothing matches \`${describeSelector(selector)}\`. See what is there with \`/fleet all\`.`,
    );
  }
  return { instances, volumes, named: new Set(selector.volumes) };
}

async function selectByName(cloud: Pick<Cloud, 'instances'>, names: readonly string[]): Promise<readonly Instance[]> {
  if (names.length === 0) return [];
  const found = await cloud.instances({ names });
  const missing = names.filter((name) => !found.some((instance) => instance.name === name));
  if (missing.length > 0) throw new Refusal('not-found', await unknownName(cloud, missing[0]!));
  return found;
}

async function unknownName(cloud: Pick<Cloud, 'instances'>, name: string): Promise<string> {
  const names = (await cloud.instances({})).map((instance) => instance.name).filter((known) => known !== '');
  const close = names
    .filter((known) => distance(known.toLowerCase(), name.toLowerCase()) <= 2 || known.startsWith(name))
    .slice(0, 3);
  const hint =
    close.length > 0
      ? `Did you mean ${close.map((known) => `\`${known}\``).join(', ')}?`
      : 'See what is there with `/fleet all`.';
  return `No server is named \`${name}\` here. ${hint}`;
}

async function selectByTags(cloud: Pick<Cloud, 'instances'>, selector: Selector): Promise<readonly Instance[]> {
  if (selector.all) return cloud.instances({});
  if (Object.keys(selector.tags).length === 0) return [];
  return cloud.instances({ tags: selector.tags });
}

async function volumesOf(cloud: Pick<Cloud, 'volumes'>, instances: readonly Instance[]): Promise<readonly Volume[]> {
  return cloud.volumes({ instanceIds: instances.map((instance) => instance.id) });
}

async function looseByTags(cloud: Pick<Cloud, 'volumes'>, selector: Selector): Promise<readonly Volume[]> {
  if (Object.keys(selector.tags).length === 0) return [];
  const tagged = await cloud.volumes({ tags: selector.tags });
  return tagged.filter((volume) => volume.attachments.length === 0);
}

function distinct<T extends { id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

/** What is gone is simply not there: Refusal "not-found" becomes an empty list. */
export async function orNothing<T>(list: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await list;
  } catch (error) {
    if (isRefusal(error) && error.code === 'not-found') return [];
    throw error;
  }
}

/** Those of the ids that exist: one that is gone takes none of the others with it. */
export async function existing<I extends string, T>(
  read: (ids: readonly I[]) => Promise<readonly T[]>,
  ids: readonly I[],
): Promise<readonly T[]> {
  try {
    return await read(ids);
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'not-found') throw error;
    const gone = new Set(Array.isArray(error.data['ids']) ? (error.data['ids'] as unknown[]) : ids);
    const left = ids.filter((id) => !gone.has(id));
    return left.length === 0 || left.length === ids.length ? [] : existing(read, left);
  }
}

/** Edits between two short words (Levenshtein), for "did you mean". */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
