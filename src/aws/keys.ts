import { z } from 'zod';

import type { Key, Keys } from '#ports/platform.ts';

import { given, instant, text } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { kms } from './services.ts';

/** KMS of one account and Region. */
export function createKeys(options: SenderOptions): Keys & { close: () => void } {
  const { send, close } = createSender({ service: kms, load: () => import('./kms-sdk.ts') }, options);
  return {
    key: async (name) => {
      const { KeyMetadata } = await send(
        { action: 'DescribeKey', command: (sdk) => new sdk.DescribeKeyCommand({ KeyId: name }) },
        z.object({ KeyMetadata: KeyReply }),
      );
      return KeyMetadata;
    },
    close,
  };
}

const KeyReply = z
  .object({
    Arn: z.string(),
    KeyState: z.string(),
    Enabled: z.boolean().optional(),
    Origin: text,
    KeyManager: text,
    DeletionDate: instant.optional(),
    ValidTo: instant.optional(),
  })
  .transform((reply): Key => ({
    arn: reply.Arn,
    state: reply.KeyState,
    enabled: reply.Enabled ?? reply.KeyState === 'Enabled',
    origin: reply.Origin ?? 'AWS_KMS',
    manager: reply.KeyManager ?? 'CUSTOMER',
    ...given('deletedAt', reply.DeletionDate),
    ...given('validTo', reply.ValidTo),
  }));
