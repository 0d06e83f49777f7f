import type { ZodType } from 'zod';

import { Refusal } from '#errors.ts';
import { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

/** What names servers and disks: ids, Names, `key=value` tags (all must match), or `all`. */
export type Selector = {
  all: boolean;
  instances: readonly InstanceId[];
  volumes: readonly VolumeId[];
  snapshots: readonly SnapshotId[];
  names: readonly string[];
  tags: Readonly<Record<string, string>>;
};

/**
 * Reads a selector from typed words: `i-… vol-…`, a Name (`web-1`, `Name="web 1"`), `env=prod role=db`, `all`.
 * Throws Refusal "bad-input" on a malformed id, on nothing at all, and on `all` mixed with something else.
 */
export function readSelector(words: readonly string[], example: string): Selector {
  const found = {
    instances: [] as InstanceId[],
    volumes: [] as VolumeId[],
    snapshots: [] as SnapshotId[],
    names: [] as string[],
  };
  const tags: Record<string, string> = {};
  let all = false;
  for (const word of words.flatMap(splitList)) {
    const equals = word.indexOf('=');
    if (word === 'all' || word === '*') all = true;
    else if (word.startsWith('i-')) found.instances.push(checkId(InstanceId, word, 'instance', 'i-'));
    else if (word.startsWith('vol-')) found.volumes.push(checkId(VolumeId, word, 'volume', 'vol-'));
    else if (word.startsWith('snap-')) found.snapshots.push(checkId(SnapshotId, word, 'snapshot', 'snap-'));
    else if (equals === 0)
      throw new Refusal('bad-input', `\`${word}\` has no tag key before the =. For example: \`${example}\`.`);
    else if (equals < 0) found.names.push(word);
    else if (word.slice(0, equals) === 'Name') found.names.push(word.slice(equals + 1));
    else tags[word.slice(0, equals)] = word.slice(equals + 1);
  }
  const some = Object.values(found).some((list) => list.length > 0) || Object.keys(tags).length > 0;
  if (all && some)
    throw new Refusal('bad-input', `\`all\` cannot be mixed with other selectors. For example: \`${example}\`.`);
  if (!all && !some)
    throw new Refusal(
      'bad-input',
      `Name what you mean: an id, a Name, a tag such as \`env=prod\`, or \`all\`. For example: \`${example}\`.`,
    );
  return { all, ...unique(found), tags };
}

/** The selector as a person would type it, for messages. */
export function describeSelector(of: Selector): string {
  if (of.all) return 'all';
  const tags = Object.entries(of.tags).map(([key, value]) => `${key}=${value}`);
  return [...of.instances, ...of.volumes, ...of.snapshots, ...of.names, ...tags].join(' ');
}

/** `i-1,i-2` is two words; a tag value keeps its commas. */
function splitList(word: string): string[] {
  return /^(?:i|vol|snap)-[^=]*,/.test(word) ? word.split(',').filter((part) => part !== '') : [word];
}

function checkId<T extends string>(schema: ZodType<T>, word: string, what: string, prefix: string): T {
  const checked = schema.safeParse(word);
  if (checked.success) return checked.data;
  throw new Refusal(
    'bad-input',
    `\`${word}\` is not a valid ${what} id: after \`${prefix}\` come 17 (or 8) of the characters 0-9 and a-f. Copy it from \`/fleet\`, or write \`Name=${word}\` if that is its Name.`,
  );
}

function unique<T extends Record<string, readonly string[]>>(lists: T): T {
  return Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, [...new Set(list)]])) as unknown as T;
}
