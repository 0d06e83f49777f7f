import { duration, some } from '#lib/format.ts';
import type { Snapshot } from '#ports/cloud.ts';
import type { ArchivedSnapshot, FastRestore, Image, LockedSnapshot, TemplateUse } from '#ports/holds.ts';
import type { SnapshotId } from '#ports/ids.ts';

/** Who else needs a snapshot. */
export type GuardKind = 'image' | 'template' | 'lock' | 'share' | 'fast-restore' | 'archive' | 'run';
/** Who else deletes it, so that nobody here does. */
export type OwnerKind = 'dlm' | 'dlm-orphan' | 'aws-backup';
/** `exist`: the policies of Data Lifecycle Manager; undefined: not known. `adopt`: snapshots of others that are gone are ours. */
export type Policies = { exist: ReadonlySet<string> | undefined; adopt: boolean };
export type Guard<K = GuardKind> = { kind: K; detail: string };

/** Everything that can stand against deleting snapshots, as it was read. */
export type Guards = {
  images: readonly Image[];
  templates: readonly TemplateUse[];
  locks: readonly LockedSnapshot[];
  fastRestores: readonly FastRestore[];
  archived: readonly ArchivedSnapshot[];
  /** Runs that work with them now. */
  claims: readonly { resource: string; run: string }[];
  /** Other accounts, by snapshot; only those that were asked about. */
  shares: ReadonlyMap<SnapshotId, readonly string[]>;
};

/** AWS bills an archived snapshot for 90 days at least.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html */
const archiveLeastMs = 90 * 86_400_000;

/** What stands against deleting which snapshot; the first that holds is told. Pure. */
export function guarded(guards: Guards, now: number): Map<SnapshotId, Guard> {
  const found = new Map<SnapshotId, Guard>();
  const say = (id: SnapshotId, kind: GuardKind, detail: string) => {
    if (!found.has(id)) found.set(id, { kind, detail });
  };
  for (const { id, state, until } of guards.locks)
    if (state !== 'expired')
      say(id, 'lock', `${state} lock${until === undefined ? '' : ` for another ${duration(until - now)}`}`);
  for (const image of guards.images)
    for (const id of image.snapshotIds) say(id, 'image', `image ${image.id} (${imageLooks(image, now)}) stands on it`);
  for (const { templateId, version, snapshotIds } of guards.templates)
    for (const id of snapshotIds)
      say(id, 'template', `launch template ${templateId}, version ${version}, starts from it`);
  for (const { resource, run } of guards.claims)
    if (resource.startsWith('snap-')) say(resource as SnapshotId, 'run', `run ${run} works with it`);
  for (const [id, accounts] of guards.shares)
    if (accounts.length > 0) say(id, 'share', `shared with ${some(accounts, 3)}`);
  for (const { snapshotId, zone, state } of guards.fastRestores)
    if (state !== 'disabled') say(snapshotId, 'fast-restore', `fast restore is ${state} in ${zone}`);
  for (const one of guards.archived) {
    const detail = archiveDetail(one, now);
    if (detail !== undefined) say(one.id, 'archive', detail);
  }
  return found;
}

/** Whose it is, if another service made it and deletes it. Pure. */
export function ownerOf({ tags }: Pick<Snapshot, 'tags'>, { exist, adopt }: Policies): Guard<OwnerKind> | undefined {
  if (Object.keys(tags).some((key) => key.startsWith('aws:backup:')))
    return { kind: 'aws-backup', detail: 'AWS Backup made it and deletes it' };
  if (!isOfLifecycle(tags)) return undefined;
  const policy = policyOf(tags);
  if (exist === undefined || policy === undefined || exist.has(policy))
    return { kind: 'dlm', detail: `lifecycle policy ${policy ?? '(not named)'} made it` };
  return adopt ? undefined : { kind: 'dlm-orphan', detail: `lifecycle policy ${policy} made it and is gone` };
}

export function isOfLifecycle(tags: Snapshot['tags']): boolean {
  return Object.keys(tags).some((key) => key.startsWith('aws:dlm:'));
}

/** The Data Lifecycle Manager policy that a snapshot's tags name.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html (system tags) */
function policyOf(tags: Snapshot['tags']): string | undefined {
  const key = 'aws:dlm:lifecycle-policy-id';
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}

function imageLooks({ state, deprecatedAt }: Image, now: number): string {
  return deprecatedAt !== undefined && deprecatedAt <= now ? `${state}, deprecated` : state;
}

function archiveDetail({ status, archivedAt, restoredUntil }: ArchivedSnapshot, now: number): string | undefined {
  if (restoredUntil !== undefined && restoredUntil > now)
    return `restored from the archive for another ${duration(restoredUntil - now)}`;
  if (status.endsWith('-in-progress')) return `AWS is moving it (${status})`;
  if (archivedAt === undefined) return undefined;
  const left = archivedAt + archiveLeastMs - now;
  return left > 0 ? `archived; AWS bills it for another ${duration(left)} anyway` : undefined;
}
