import { Refusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import { agreed, describeKey, differing, isAllowed, passedOn, tagFault } from '#lib/tag-rules.ts';
import { findTargets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import type { Asking } from '#operations/contract.ts';
import type { Instance, Snapshot, Tags, Volume } from '#ports/cloud.ts';
import type { TagRule } from '#ports/settings.ts';

import type { Edit } from './arguments.ts';
import type { Tagged } from './plan.ts';

type Edits = { of: Tagged; edit: Edit }[];
type Wanted = { rule: string; set: Record<string, string>; propagate: boolean; replace?: boolean | undefined };

/** What a rule of the settings misses, and with what it is filled. Overwrites only what is wrong, and that when asked to. Throws Refusal that says what there is. */
export async function ruleEdits(
  asking: Pick<Asking, 'cloud' | 'settings'>,
  { rule: name, set, propagate, replace = false }: Wanted,
): Promise<Edits> {
  const rule = ruleNamed(asking.settings.tags.required, name);
  const selector = readSelector(readWords(rule.selector).plain, 'env=prod');
  const found = await findTargets(asking.cloud, selector);
  if (!propagate) {
    mustFit(rule, set);
    const things = [...found.instances, ...found.volumes];
    return replace ? wrongEdits(rule, things, set) : missingEdits(things, set);
  }
  if (rule.propagate.length === 0)
    throw new Refusal(
      'bad-input',
      `The rule \`${name}\` passes nothing on. An admin says what it may under \`tags.required\` in deckhand.yml: \`propagate: [volumes, snapshots]\`.`,
    );
  const snapshots = rule.propagate.includes('snapshots')
    ? await asking.cloud.snapshots(selector.all ? {} : { volumeIds: found.volumes.map(({ id }) => id) })
    : [];
  return propagation(rule, { ...found, snapshots }, { replace });
}

/** Those keys that a thing does not have at all. Pure. */
export function missingEdits(things: readonly (Instance | Volume)[], set: Readonly<Record<string, string>>): Edits {
  return things.flatMap(({ id, name, tags }) =>
    editOf({ id, name, tags }, Object.fromEntries(Object.entries(set).filter(([key]) => !Object.hasOwn(tags, key)))),
  );
}

/** Those keys that a thing does not have in order: missing, blank, or with a value that is not allowed. Pure. */
export function wrongEdits(
  rule: Pick<TagRule, 'keys'>,
  things: readonly (Instance | Volume)[],
  set: Readonly<Record<string, string>>,
): Edits {
  return things.flatMap(({ id, name, tags }) =>
    editOf(
      { id, name, tags },
      Object.fromEntries(
        Object.entries(set).filter(([key]) => {
          const of = rule.keys[key];
          return of !== undefined && tagFault(tags, key, of) !== undefined;
        }),
      ),
    ),
  );
}

/**
 * Server → disks → snapshots: each gets the required tags it lacks, from the nearest above that has them in order. A disk on
 * several servers gets only what they agree on. `replace`: a disk with another value than its server gets that of the server.
 * Pure.
 */
export function propagation(
  rule: Pick<TagRule, 'keys' | 'propagate'>,
  found: { instances: readonly Instance[]; volumes: readonly Volume[]; snapshots: readonly Snapshot[] },
  { replace } = { replace: false },
): Edits {
  const servers = new Map<string, Tags>(found.instances.map(({ id, tags }) => [id, tags]));
  const inherited = new Map<string, Tags>();
  const ofVolumes = found.volumes.flatMap(({ id, name, tags, attachments }) => {
    const hosts = attachments.map(({ instanceId }) => servers.get(instanceId)).filter((host) => host !== undefined);
    const lacking = agreed(hosts.map((host) => passedOn(rule, host, tags)));
    if (!rule.propagate.includes('volumes')) {
      inherited.set(id, { ...lacking, ...tags });
      return [];
    }
    const others = replace ? agreed(hosts.map((host) => differing(rule, host, tags))) : {};
    const set = { ...lacking, ...others };
    inherited.set(id, { ...tags, ...set });
    return editOf({ id, name, tags }, set);
  });
  const ofSnapshots = found.snapshots.flatMap(({ id, volumeId, tags }) =>
    editOf({ id, name: tags['Name'] ?? '', tags }, passedOn(rule, inherited.get(volumeId) ?? {}, tags)),
  );
  return [...ofVolumes, ...ofSnapshots];
}

function editOf(of: Tagged, set: Record<string, string>): Edits {
  return Object.keys(set).length === 0 ? [] : [{ of, edit: { set, remove: [] } }];
}

function ruleNamed(rules: readonly TagRule[], name: string): TagRule {
  const found = rules.find((one) => one.name === name);
  if (found !== undefined) return found;
  const there = rules.length === 0 ? 'There is none yet' : `There is: ${rules.map((one) => one.name).join(', ')}`;
  throw new Refusal(
    'not-found',
    `There is no tag rule \`${name.slice(0, 60)}\`. ${there}; rules are made under \`tags.required\` in deckhand.yml.`,
  );
}

/** Nobody fixes a rule by breaking it. */
function mustFit(rule: TagRule, set: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(set)) {
    const of = Object.hasOwn(rule.keys, key) ? rule.keys[key] : undefined;
    const all = Object.entries(rule.keys).map(([one, its]) => describeKey(one, its));
    if (of === undefined || tagFault(set, key, of) === 'missing')
      throw new Refusal(
        'bad-input',
        `\`${key}\` is no tag that the rule asks for, or has no value. It asks for: ${all.join('; ')}.`,
      );
    if (!isAllowed(value, of))
      throw new Refusal(
        'bad-input',
        `\`${value.slice(0, 60)}\` is not allowed there. The rule asks for ${describeKey(key, of)}.`,
      );
  }
}
