import { z } from 'zod';

import { Problem } from '#sandbox/ec2/problems.ts';

import { action, type JsonService, seconds, type Surroundings } from './service.ts';

/** AWS waits 30 days unless told otherwise. Source: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html */
const deletedAfterMs = 30 * 86_400_000;

const Describe = z.strictObject({ KeyId: z.string().min(1).max(2_048) });

/** KMS: what keys are like. */
export function createKeys({ servers, state }: Surroundings): JsonService {
  function describe({ KeyId }: z.output<typeof Describe>): object {
    const prefix = `arn:aws:kms:${servers.region()}:${servers.account()}:`;
    const found = state().keys.find(({ id, alias }) =>
      [id, `${prefix}key/${id}`, alias, `${prefix}${alias}`].includes(KeyId),
    );
    if (found === undefined) throw new Problem('NotFoundException', `Key '${KeyId}' does not exist`);
    return {
      KeyMetadata: {
        AWSAccountId: servers.account(),
        KeyId: found.id,
        Arn: `${prefix}key/${found.id}`,
        CreationDate: seconds(found.changedAt),
        Enabled: found.state === 'Enabled',
        KeyState: found.state,
        KeyManager: found.manager,
        KeyUsage: 'ENCRYPT_DECRYPT',
        Origin: found.state === 'PendingImport' ? 'EXTERNAL' : 'AWS_KMS',
        ...(found.state === 'PendingDeletion' ? { DeletionDate: seconds(found.changedAt + deletedAfterMs) } : {}),
      },
    };
  }

  return { kind: 'json', prefix: 'kms', target: 'TrentService', actions: { DescribeKey: action(Describe, describe) } };
}
