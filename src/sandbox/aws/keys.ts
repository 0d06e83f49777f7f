import { z } from 'zod';

import { Problem } from '#sandbox/ec2/problems.ts';
import type { KeyUse } from '#sandbox/parts.ts';

import type { Key } from './model.ts';
import { action, type JsonService, seconds, type Surroundings } from './service.ts';

/** AWS waits 30 days unless told otherwise. Source: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
const deletedAfterMs = 30 * 86_400_000;

const Describe = z.strictObject({ KeyId: z.string().min(1).max(2_048) });

type Place = { account: string; region: string };
type Found = { key: Key; owner: Place };
/** A key by the name that `by` uses for it: ARN, alias or id. */
export type FindKey = (name: string, by: Place) => Found | undefined;

/** KMS: what keys are like. */
export function createKeys({ servers, findKey }: Surroundings): JsonService {
  function describe({ KeyId }: z.output<typeof Describe>): object {
    const here = { account: servers.account(), region: servers.region() };
    const named = placeOf(KeyId) ?? here;
    if (named.region !== here.region) throw new Problem('NotFoundException', `Invalid arn ${named.region}`);
    const found = findKey(KeyId, here);
    if (named.account !== here.account && !isSharedWith(found, here))
      throw new Problem(
        'AccessDeniedException',
        `User: arn:aws:sts::${here.account}:assumed-role/deckhand is not authorized to perform: kms:DescribeKey on resource: ${KeyId} because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
        400,
      );
    if (found === undefined) throw new Problem('NotFoundException', `Key '${KeyId}' does not exist`);
    return { KeyMetadata: metadataOf(found) };
  }

  return { kind: 'json', prefix: 'kms', target: 'TrentService', actions: { DescribeKey: action(Describe, describe) } };
}

function metadataOf({ key, owner: { account, region } }: Found): object {
  return {
    AWSAccountId: account,
    KeyId: key.id,
    Arn: `arn:aws:kms:${region}:${account}:key/${key.id}`,
    CreationDate: seconds(key.changedAt),
    Enabled: key.state === 'Enabled',
    KeyState: key.state,
    KeyManager: key.manager,
    KeyUsage: 'ENCRYPT_DECRYPT',
    Origin: key.state === 'PendingImport' ? 'EXTERNAL' : 'AWS_KMS',
    ...(key.state === 'PendingDeletion' ? { DeletionDate: seconds(key.changedAt + deletedAfterMs) } : {}),
  };
}

/** Of the keys of `owner`: by id, alias, or the ARN of one of them. */
export function keyNamed(keys: readonly Key[], name: string, owner: Place): Found | undefined {
  const prefix = `arn:aws:kms:${owner.region}:${owner.account}:`;
  const key = keys.find(({ id, alias }) => [id, `${prefix}key/${id}`, alias, `${prefix}${alias}`].includes(name));
  return key && { key, owner };
}

/** The account and Region in an ARN; undefined for any other name. */
export function placeOf(name: string): Place | undefined {
  const [, region, account] = /^arn:aws:kms:([^:]+):(\d{12}):/.exec(name) ?? [];
  return region === undefined || account === undefined ? undefined : { region, account };
}

/** Whether the name that `by` uses means a key of `place`. */
export function isOf(place: Place, name: string, by: Place): boolean {
  const { account, region } = placeOf(name) ?? by;
  return account === place.account && region === place.region;
}

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html */
export function useOf(found: Found | undefined, by: Place): ReturnType<KeyUse> {
  if (found === undefined || found.key.state !== 'Enabled') return 'unusable';
  if (by.account === found.owner.account) return found.key.manager === 'AWS' ? 'managed' : 'usable';
  return isSharedWith(found, by) ? 'usable' : 'unusable';
}

function isSharedWith(found: Found | undefined, { account }: Place): boolean {
  return found?.key.manager === 'CUSTOMER' && found.key.sharedWith.includes(account);
}
