import { Refusal } from '#errors.ts';
import type { Cloud, Place } from '#ports/cloud.ts';

import type { Caller, Send } from './caller.ts';
import { InstancesPage, SnapshotsPage } from './replies.ts';

/** `sure`: the keys are those of a role of this account, so there is nothing to ask. */
export type KnownAccount = { id: string; name: string; sure: boolean };

/**
 * Where calls go. The account is the known one; of keys whose account is not sure, the owner of the first reservation or
 * snapshot, '' while there is neither. Throws Refusal "not-permitted" when that is not the one in deckhand.yml.
 */
export function createPlace(
  send: Send,
  caller: Pick<Caller, 'region' | 'endpoint'>,
  known: KnownAccount | undefined,
): Cloud['place'] {
  let account = known?.sure === true ? known.id : '';

  async function ownerOf(): Promise<string> {
    const page = { MaxResults: 5 };
    const { Reservations } = await send(
      { action: 'DescribeInstances', command: (sdk) => new sdk.DescribeInstancesCommand(page) },
      InstancesPage,
    );
    const owner = Reservations.find((reservation) => reservation.OwnerId !== undefined)?.OwnerId;
    if (owner !== undefined) return owner;
    const { Snapshots } = await send(
      {
        action: 'DescribeSnapshots',
        command: (sdk) => new sdk.DescribeSnapshotsCommand({ ...page, OwnerIds: ['self'] }),
      },
      SnapshotsPage,
    );
    return Snapshots[0]?.ownerId ?? '';
  }

  return async () => {
    if (account === '') account = await ownerOf();
    if (known !== undefined && account !== '' && account !== known.id)
      throw new Refusal(
        'not-permitted',
        `Deckhand's own AWS credentials are of account ${account}, but deckhand.yml says that ${known.name} is ${known.id}. Correct \`aws.accounts\`, or give ${known.name} a role.`,
        { account },
      );
    const endpoint = caller.endpoint();
    const place: Place = {
      account: account === '' ? (known?.id ?? '') : account,
      region: await caller.region(),
      ...(known === undefined ? {} : { name: known.name }),
    };
    return { ...place, ...(endpoint === undefined ? {} : { endpoint }) };
  };
}
