import { isRefusal } from '#errors.ts';
import { count } from '#lib/format.ts';
import { missingPermissions } from '#lib/permissions.ts';
import { dueForDeletion } from '#lib/retention.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { settle } from '#lib/settle.ts';
import { readWords } from '#lib/words.ts';
import type { Asking } from '#operations/contract.ts';
import type { CloudAction, DryRunOf, Snapshot } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId } from '#ports/ids.ts';
import type { Key } from '#ports/platform.ts';
import type { Settings } from '#ports/settings.ts';

import type { CheckedServer, PreflightFacts } from './preflight-facts.ts';

/** How far ahead a clean-up is looked for: longer than any approval waits by default. */
const aheadMs = 24 * 3_600_000;

type Of = Pick<PreflightFacts, 'servers' | 'filling' | 'snapshots'> & {
  actions: readonly CloudAction[];
  /** What permission is asked about; undefined = nothing is planned. */
  probe: DryRunOf | undefined;
};

/** Reads what the checks need, in lists and only where it can matter. What may not be read is named, and stops nothing. */
export async function readPreflight(asking: Asking, of: Of): Promise<PreflightFacts> {
  const { cloud, platform, settings, now } = asking;
  const { servers, snapshots } = of;
  const unread: { what: string; why: string }[] = [];
  const instances = servers.map(({ instance }) => instance);
  const ids = instances.map(({ id }) => id);
  const grouped = instances.filter(({ autoScalingGroup }) => autoScalingGroup !== undefined).map(({ id }) => id);
  const may = <T>(what: string, otherwise: T, read: () => Promise<T>) => optional(unread, what, { otherwise, read });

  const [missing, members, health, limits, zones, keys, stopProtected, volumes, archived] = await Promise.all([
    of.probe === undefined ? [] : missingPermissions(cloud, of.actions, of.probe),
    grouped.length === 0 ? [] : may('Auto Scaling', undefined, () => platform.groups.members(grouped)),
    may('Scheduled events', [], () => cloud.health(ids)),
    may('Attachment limits', {}, () => cloud.attachmentLimits([...new Set(instances.map(({ type }) => type))])),
    may('Availability Zones', [], () => cloud.zones()),
    readKeys(asking, servers, unread),
    readStopProtection(asking, servers, unread),
    may('Storage in use', [], () => cloud.volumes({})),
    may('The archive', [], () => cloud.archivedSnapshots()),
  ]);
  const usedGiB: Record<string, number> = {};
  for (const { type, sizeGiB } of volumes) usedGiB[type] = (usedGiB[type] ?? 0) + sizeGiB;
  return {
    servers,
    filling: of.filling,
    snapshots,
    now,
    members,
    health,
    limits,
    zones,
    keys,
    stopProtected,
    usedGiB,
    quotaGiB: settings.aws.quotas.storageGiB,
    dueForDeletion: due(servers, snapshots, { rules: settings.retention.rules, at: now + aheadMs }),
    archived,
    missing,
    unread,
  };
}

type Unread = { what: string; why: string }[];

/** What this endpoint does not have is not missed; what AWS does not let us read is told. */
async function optional<T>(
  unread: Unread,
  what: string,
  { otherwise, read }: { otherwise: T; read: () => Promise<T> },
): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const told = error.code === 'not-offered' || unread.some((one) => one.what === what);
    if (!told) unread.push({ what, why: error.message });
    return otherwise;
  }
}

/** Each key once; a fleet has few. */
async function readKeys(
  { platform }: Asking,
  servers: readonly CheckedServer[],
  unread: Unread,
): Promise<Record<string, Key>> {
  const puts = servers.flatMap(({ swaps }) => swaps.map(({ put }) => put));
  const named = puts.flatMap((put) =>
    put.kind === 'existing' ? [put.volume.kmsKeyId] : [put.kmsKeyId, put.snapshot.kmsKeyId],
  );
  const names = [...new Set(named.filter((name) => name !== undefined))];
  const found = await settle(
    names,
    async (name) =>
      [
        name,
        await optional<Key | undefined>(unread, `KMS key ${name}`, {
          otherwise: undefined,
          read: () => platform.keys.key(name),
        }),
      ] as const,
  );
  return Object.fromEntries(found.flatMap(([name, key]) => (key === undefined ? [] : [[name, key]])));
}

/** AWS tells it one server at a time, so no more are asked than its bucket takes at once. */
async function readStopProtection(
  { cloud }: Asking,
  servers: readonly CheckedServer[],
  unread: Unread,
): Promise<InstanceId[]> {
  const stopping = servers.filter(({ instance, method }) => instance.state === 'running' && method === 'swap');
  const most = Math.max(1, Math.floor(cloud.pace('DescribeInstanceAttribute').burst));
  const asked = stopping.slice(0, most).map(({ instance }) => instance.id);
  if (stopping.length > asked.length)
    unread.push({
      what: `Stop protection of ${count(stopping.length - asked.length, 'server')}`,
      why: 'AWS tells it one by one, and they are too many to ask at once. Where it is on, that server is left as it was.',
    });
  const found = await settle(asked, (id) =>
    optional(unread, 'Stop protection', { otherwise: false, read: () => cloud.stopProtection(id) }).then((on) =>
      on ? [id] : [],
    ),
  );
  return found.flat();
}

/** What the rules of these servers would delete by then, if no snapshot is added. Pure. */
function due(
  servers: readonly CheckedServer[],
  snapshots: readonly Snapshot[],
  { rules, at }: { rules: Settings['retention']['rules']; at: number },
): Set<SnapshotId> {
  const found = new Set<SnapshotId>();
  for (const rule of rules.filter(({ cron }) => cron !== undefined)) {
    const selector = readSelector(readWords(rule.selector).plain, 'env=dev');
    const volumes = new Set(
      servers.filter((server) => names(selector, server)).flatMap((server) => server.volumes.map(({ id }) => id)),
    );
    for (const id of selector.volumes) volumes.add(id);
    const concerned = snapshots.filter(({ volumeId }) => selector.all || volumes.has(volumeId));
    for (const id of dueForDeletion(concerned, { rules: rule.rules, at })) found.add(id);
  }
  return found;
}

function names({ all, instances, names: wanted, tags }: Selector, { instance }: CheckedServer): boolean {
  const pairs = Object.entries(tags);
  return (
    all ||
    instances.includes(instance.id) ||
    wanted.includes(instance.name) ||
    (pairs.length > 0 && pairs.every(([key, value]) => instance.tags[key] === value))
  );
}
