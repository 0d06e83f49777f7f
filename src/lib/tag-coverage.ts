import type { Instance, Place, Tags, Volume } from '#ports/cloud.ts';
import type { TagRule } from '#ports/settings.ts';

import { readSelector, type Selector } from './selector.ts';
import { agreed, differing, passedOn, tagFault } from './tag-rules.ts';
import { readWords } from './words.ts';

/** What a rule is about in one place. */
export type Stock = { place: Place; instances: readonly Instance[]; volumes: readonly Volume[] };
export type Fault = {
  place: Place;
  id: string;
  name: string;
  owner: string;
  key: string;
  /** '' = missing. */
  value: string;
  /** differs: a disk has another value than its server, though the rule passes it on. */
  what: 'missing' | 'not allowed' | 'differs';
};
/** `good` of `all` things have the key in order. */
export type Share = { good: number; all: number };
export type Coverage = {
  rule: TagRule;
  /** Servers and disks that have every key in order. */
  things: Share;
  /** GiB of the disks that have every key in order: what can be charged to somebody. */
  sizeGiB: Share;
  keys: readonly (Share & { key: string })[];
  faults: readonly Fault[];
  /** By the tag `owner`, of the server where a disk has none; the most faults first. */
  owners: readonly (readonly [owner: string, faults: number])[];
  /** A disk lacks a key that its server has in order. */
  inherits: boolean;
};

/** How far a rule is kept, by its servers and disks in every place. Linear. Pure. */
export function coverageOf(rule: TagRule, stocks: readonly Stock[]): Coverage {
  const keys = Object.entries(rule.keys);
  const faulty = new Map<string, number>(keys.map(([key]) => [key, 0]));
  const owners = new Map<string, number>();
  const faults: Fault[] = [];
  const things = { good: 0, all: 0 };
  const sizeGiB = { good: 0, all: 0 };
  let inherits = false;
  for (const { thing, place, owner, size, host, above } of stocks.flatMap((stock) => thingsOf(rule, stock))) {
    const wrong = keys.flatMap(([key, of]) => {
      const what = tagFault(thing.tags, key, of) ?? (Object.hasOwn(above, key) ? ('differs' as const) : undefined);
      return what === undefined ? [] : [{ key, what, value: ownTag(thing.tags, key) }];
    });
    const good = wrong.length === 0 ? 1 : 0;
    things.all += 1;
    things.good += good;
    sizeGiB.all += size;
    sizeGiB.good += size * good;
    inherits ||= host !== undefined && Object.keys(passedOn(rule, host, thing.tags)).length > 0;
    if (good === 0) owners.set(owner, (owners.get(owner) ?? 0) + wrong.length);
    for (const { key, what, value } of wrong) {
      faulty.set(key, (faulty.get(key) ?? 0) + 1);
      faults.push({ place, id: thing.id, name: thing.name, owner, key, value, what });
    }
  }
  return {
    rule,
    things,
    sizeGiB,
    faults,
    keys: keys.map(([key]) => ({ key, good: things.all - (faulty.get(key) ?? 0), all: things.all })),
    inherits,
    owners: [...owners].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
  };
}

/** What a rule is about, of everything that was read: the same as `findTargets` of its selector, without asking AWS again. Pure. */
export function chosenBy(rule: Pick<TagRule, 'selector'>, { place, instances, volumes }: Stock): Stock {
  const selector = readSelector(readWords(rule.selector).plain, 'env=prod');
  const named = new Set<string>(selector.volumes);
  const hosts = new Set<string>(
    volumes.filter(({ id }) => named.has(id)).flatMap(({ attachments }) => attachments.map((at) => at.instanceId)),
  );
  const chosen = instances.filter((one) => hosts.has(one.id) || isChosen(one, selector));
  const servers = new Set<string>(chosen.map(({ id }) => id));
  return {
    place,
    instances: chosen,
    volumes: volumes.filter(
      ({ id, tags, attachments }) =>
        selector.all ||
        named.has(id) ||
        attachments.some(({ instanceId }) => servers.has(instanceId)) ||
        (attachments.length === 0 && hasTags(tags, selector)),
    ),
  };
}

function isChosen({ id, name, tags }: Instance, selector: Selector): boolean {
  return selector.all || selector.instances.includes(id) || selector.names.includes(name) || hasTags(tags, selector);
}

function hasTags(tags: Tags, selector: Selector): boolean {
  const wanted = Object.entries(selector.tags);
  return wanted.length > 0 && wanted.every(([key, value]) => ownTag(tags, key) === value && Object.hasOwn(tags, key));
}

/** In percent, rounded down: 100 is only what is whole. Nothing there is whole. */
export function percent({ good, all }: Share): number {
  return all === 0 ? 100 : Math.floor((good / all) * 100);
}

/** `above`: what all its servers have with another value, where the rule passes it on. */
function thingsOf(rule: TagRule, { place, instances, volumes }: Stock) {
  const servers = new Map<string, Tags>(instances.map(({ id, tags }) => [id, tags]));
  const passes = rule.propagate.includes('volumes');
  return [
    ...instances.map((thing) => ({
      thing,
      place,
      owner: ownTag(thing.tags, 'owner'),
      size: 0,
      host: undefined,
      above: {},
    })),
    ...volumes.map((thing) => {
      const hosts = thing.attachments
        .map(({ instanceId }) => servers.get(instanceId))
        .filter((one) => one !== undefined);
      const [host] = hosts;
      const owner = ownTag(thing.tags, 'owner') || ownTag(host ?? {}, 'owner');
      const above = passes ? agreed(hosts.map((one) => differing(rule, one, thing.tags))) : {};
      return { thing, place, owner, size: thing.sizeGiB, host, above };
    }),
  ];
}

function ownTag(tags: Tags, key: string): string {
  return Object.hasOwn(tags, key) ? (tags[key] ?? '') : '';
}
