import { isRefusal, Refusal } from '#errors.ts';
import { runsNamed } from '#lib/leftovers.ts';
import { sourceVolume } from '#lib/retention.ts';
import { describeSelector, readSelector, type Selector } from '#lib/selector.ts';
import { settle } from '#lib/settle.ts';
import { sourceTag } from '#lib/tags.ts';
import { findTargets, type Targets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import type { Asking } from '#operations/contract.ts';
import type { Snapshot, Volume } from '#ports/cloud.ts';
import type { Run } from '#ports/history.ts';
import type { ResourceId, RunId, SnapshotId, VolumeId } from '#ports/ids.ts';

import type { CleanupArgs, SnapshotArgs } from './arguments.ts';
import { cheapGuards, offered } from './chunk.ts';
import { type Guards, isOfLifecycle } from './guards.ts';
import { type CleanupPlan, planHeld, planOrphans, planSnapshots, type SnapshotFacts } from './plan.ts';

/** So many shares are asked for before the plan is shown; of more, each is asked for right before it goes. */
const askedAtOnce = 100;

/** AWS's bucket of deletions. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const deletions = { burst: 100, perSecond: 5 };

/** Reads what there is and what stands against deleting it, and plans. Throws Refusal "nothing" when all of it stays. */
export async function planCleanup(asking: Asking, args: CleanupArgs): Promise<CleanupPlan> {
  switch (args.kind) {
    case 'snapshots':
      return ofSnapshots(asking, args);
    case 'rule': {
      const { rules } = asking.settings.retention;
      const rule = rules.find(({ name }) => name === args.name);
      if (rule === undefined)
        throw new Refusal(
          'not-found',
          `There is no rule \`${args.name.slice(0, 40)}\` under \`retention.rules\` in deckhand.yml. There ${rules.length === 0 ? 'is none at all' : `are: ${rules.map(({ name }) => name).join(', ')}`}.`,
        );
      const selector = readSelector(readWords(rule.selector).plain, 'env=dev');
      return ofSnapshots(asking, { ...rule, selector }, `rule ${rule.name}, `);
    }
    case 'held': {
      const all = await asking.cloud.volumes({});
      const volumes = all.filter(({ id }) => args.only?.includes(id) ?? true);
      return planHeld({
        ...(await leftovers(asking, volumes, [])),
        binInUse: await isBinInUse(asking.cloud.binnedVolumes),
        volumes,
        states: await asking.terraform.states(),
      });
    }
    case 'orphans': {
      const [volumes, snapshots] = await Promise.all([asking.cloud.volumes({}), asking.cloud.snapshots({})]);
      return planOrphans({
        ...(await leftovers(asking, volumes, snapshots)),
        binInUse: await isBinInUse(asking.cloud.recycleBin),
        volumes,
        snapshots,
      });
    }
  }
}

async function ofSnapshots(
  asking: Asking,
  { selector, rules, adopt }: Omit<SnapshotArgs, 'kind'>,
  prefix = '',
): Promise<CleanupPlan> {
  const [all, { wanted, serverOf }] = await Promise.all([asking.cloud.snapshots({}), wantedBy(asking, selector)]);
  const snapshots = all.filter(wanted);
  const facts: SnapshotFacts = {
    asked: `${prefix}snapshots of ${describeSelector(selector)}`,
    rules,
    policies: { adopt, exist: await policiesOf(asking, snapshots, adopt) },
    snapshots,
    serverOf,
    guards: await readGuards(asking, snapshots),
    now: asking.now,
    ...constants(asking),
    binInUse: await isBinInUse(asking.cloud.recycleBin),
  };
  const plan = planSnapshots(facts);
  const candidates = plan.units.flatMap(({ ids }) => ids) as SnapshotId[]; // a plan of snapshots holds nothing else
  if (candidates.length > askedAtOnce) return plan;
  const shares = await settle(candidates, async (id) => [id, await offered(asking.cloud.sharedWith(id))] as const);
  return planSnapshots({ ...facts, guards: { ...facts.guards, shares: new Map(shares) } });
}

/**
 * Which snapshots a selector means: with `all` every own one; else those of its disks (a disk named by its id narrows its
 * server to it), and those that carry its tags themselves, whose disks may be gone.
 */
async function wantedBy(asking: Asking, selector: Selector) {
  const { instances, volumes, named } = selector.all
    ? { instances: await asking.cloud.instances({}), volumes: [], named: new Set<string>() }
    : await targetsOf(asking, selector);
  const servers = new Map(
    instances.flatMap(({ id, mappings }) => mappings.map(({ volumeId }): [VolumeId, string] => [volumeId, id])),
  );
  const narrowed = new Set([...named].flatMap((id) => servers.get(id as VolumeId) ?? []));
  const isMeant = ({ id }: Volume) => named.has(id) || !narrowed.has(servers.get(id) ?? id);
  const origins = new Set(volumes.filter(isMeant).map(originOf));
  const tags = Object.entries(selector.tags);
  const carries = (one: Snapshot) => tags.length > 0 && tags.every(([key, value]) => one.tags[key] === value);
  return {
    wanted: (one: Snapshot) => selector.all || origins.has(sourceVolume(one) ?? '') || carries(one),
    serverOf: (id: VolumeId) => servers.get(id),
  };
}

/** Of servers that are gone the snapshots may still be there. */
async function targetsOf({ cloud }: Asking, selector: Selector): Promise<Targets> {
  try {
    return await findTargets(cloud, selector);
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'not-found' || Object.keys(selector.tags).length === 0) throw error;
    return { instances: [], volumes: [], named: new Set() };
  }
}

function originOf({ id, tags }: Volume): string {
  return Object.hasOwn(tags, sourceTag) ? tags[sourceTag]! : id;
}

/** Only asked for when a policy is named; who does not adopt can do without the answer. */
async function policiesOf(asking: Asking, snapshots: readonly Snapshot[], adopt: boolean) {
  if (!snapshots.some(({ tags }) => isOfLifecycle(tags))) return undefined;
  try {
    return new Set(await asking.platform.lifecycles.policies());
  } catch (error) {
    if (adopt || !isRefusal(error)) throw error;
    return undefined;
  }
}

/** Rules of the Recycle Bin are another service's; what lies in it tells that there are some. */
async function isBinInUse(list: () => Promise<readonly unknown[]>): Promise<boolean> {
  try {
    return (await list()).length > 0;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

async function readGuards(asking: Asking, snapshots: readonly Snapshot[]): Promise<Guards> {
  const { cloud, history } = asking;
  const [cheap, templates, archived, claims] = await Promise.all([
    cheapGuards(cloud),
    offered(cloud.launchTemplateSnapshots()),
    offered(cloud.archivedSnapshots()),
    history.claims.holders(snapshots.map(({ id }) => id)),
  ]);
  return { ...cheap, templates, archived, claims };
}

async function leftovers(asking: Asking, volumes: readonly Volume[], snapshots: readonly Snapshot[]) {
  const [guards, busy, runs] = await Promise.all([
    readGuards(asking, []),
    asking.history.claims.holders([...volumes, ...snapshots].map(({ id }): ResourceId => id)),
    runsOf(asking, runsNamed([...volumes, ...snapshots])),
  ]);
  return { guards: { ...guards, claims: busy }, runs, now: asking.now, ...constants(asking) };
}

async function runsOf({ history }: Asking, ids: readonly RunId[]): Promise<Map<RunId, Run>> {
  const found = await settle(ids, async (id) => [id, await history.runs.get(id)] as const);
  return new Map(found.flatMap(([id, run]) => (run === undefined ? [] : [[id, run] as const])));
}

function constants({ settings }: Asking): Pick<SnapshotFacts, 'prices' | 'rate'> {
  const share = settings.aws.budgetShare;
  return {
    prices: settings.retention.prices,
    rate: { burst: deletions.burst * share, perSecond: deletions.perSecond * share },
  };
}
