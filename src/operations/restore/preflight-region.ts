import { count, some } from '#lib/format.ts';
import type { Key } from '#ports/platform.ts';

import type { Finding } from './finding.ts';
import type { PreflightFacts } from './preflight-facts.ts';

/** AWS's usual quota of storage by volume type, 50 TiB. Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const usualGiB = 51_200;
/** Imported key material that expires this soon would make the volumes unusable. */
const soonMs = 7 * 86_400_000;

/** What concerns all servers together: permissions, quotas of the Region, keys. Pure. */
export function regionFindings(facts: PreflightFacts): readonly Finding[] {
  return [...permissions(facts), ...storage(facts), ...filling(facts), ...keys(facts), ...unread(facts)];
}

function permissions({ missing }: PreflightFacts): readonly Finding[] {
  return missing.length === 0
    ? []
    : [
        {
          level: 'blocker',
          kind: 'permission',
          title: 'Permission is missing',
          about: 'AWS permissions',
          text: `AWS does not let Deckhand do this: ${missing.join(', ')} is missing.`,
          next: 'Ask whoever owns its IAM role to add it (docs/iam-policy.json lists all), then ask again.',
        },
      ];
}

/** The old volumes stay, so the new ones come on top. */
function storage({ servers, usedGiB, quotaGiB }: PreflightFacts): readonly Finding[] {
  const added = new Map<string, number>();
  for (const { put } of servers.flatMap(({ swaps }) => swaps))
    if (put.kind === 'create') added.set(put.type, (added.get(put.type) ?? 0) + put.sizeGiB);
  return [...added].flatMap(([type, more]): Finding[] => {
    const said = Object.hasOwn(quotaGiB, type) ? quotaGiB[type] : undefined;
    const quota = said ?? usualGiB;
    const after = (Object.hasOwn(usedGiB, type) ? usedGiB[type]! : 0) + more;
    if (after <= quota * 0.9) return [];
    const over = after > quota;
    const whose = said === undefined ? "AWS's usual quota" : 'your quota (aws.quotas.storageGiB)';
    return [
      {
        // A quota that nobody has told may have been raised.
        level: over && said !== undefined ? 'blocker' : 'warning',
        kind: 'storage-quota',
        title: 'Storage quota',
        about: `${type} storage`,
        text: `With ${more} GiB of new ${type} volumes the Region would hold ${after} GiB; ${whose} is ${quota} GiB.`,
        next: over
          ? 'Restore fewer servers at a time, delete old volumes, or ask AWS for a higher quota.'
          : 'Keep an eye on it: AWS refuses what exceeds the quota.',
      },
    ];
  });
}

function filling({ filling: of, servers }: PreflightFacts): readonly Finding[] {
  if (of === undefined) return [];
  const most = Math.max(0, ...servers.map(({ swaps }) => swaps.filter(({ put }) => put.kind === 'create').length));
  return most * of.rate <= of.quota
    ? []
    : [
        {
          level: 'blocker',
          kind: 'initialization-rate',
          title: 'Initialization rate',
          about: 'Filling',
          text: `${count(most, 'volume')} of one server at ${of.rate} MiB/s ${most === 1 ? 'is' : 'are'} more than the ${of.quota} MiB/s that AWS fills in a Region.`,
          next: 'Ask again with a lower `--rate`, or without.',
        },
      ];
}

/** Source of the states: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
function keys({ servers, keys: known, now }: PreflightFacts): readonly Finding[] {
  const users = new Map<string, string[]>();
  for (const { instance, swaps } of servers)
    for (const name of new Set(swaps.flatMap(keysOf)))
      users.set(name, [...(users.get(name) ?? []), instance.name || instance.id]);
  return [...users].flatMap(([name, of]) => {
    const key = Object.hasOwn(known, name) ? known[name] : undefined;
    const problem = key === undefined ? undefined : keyProblem(key, now);
    return problem === undefined
      ? []
      : [
          {
            kind: 'kms-key',
            title: 'KMS key',
            about: key?.arn ?? name,
            ...problem,
            text: `${problem.text} It encrypts volumes of ${some(of, 3)}.`,
          },
        ];
  });
}

function keysOf({ put }: PreflightFacts['servers'][number]['swaps'][number]): readonly string[] {
  const names = put.kind === 'existing' ? [put.volume.kmsKeyId] : [put.kmsKeyId, put.snapshot.kmsKeyId];
  return names.filter((name) => name !== undefined);
}

function keyProblem(key: Key, now: number): Pick<Finding, 'level' | 'text' | 'next'> | undefined {
  if (!key.enabled || key.state !== 'Enabled')
    return {
      level: 'blocker',
      text: `The KMS key is ${key.state}, so volumes that need it cannot be made or attached.`,
      next:
        key.state === 'PendingDeletion'
          ? 'Cancel its deletion and enable it, then ask again.'
          : 'Enable it, then ask again.',
    };
  if (key.validTo !== undefined && key.validTo - now < soonMs)
    return {
      level: 'warning',
      text: 'The imported material of the KMS key expires within 7 days; after that its volumes cannot be attached.',
      next: 'Import it again in time.',
    };
  return undefined;
}

function unread({ unread: list }: PreflightFacts): readonly Finding[] {
  return list.map(({ what, why }) => ({
    level: 'warning',
    kind: 'unread',
    title: 'Could not be looked at',
    about: what,
    text: `${what} could not be looked at: ${why}`,
    next: '',
  }));
}
