import type { Cloud, Place } from '#ports/cloud.ts';

import type { Caller, Send } from './caller.ts';
import { InstancesPage, SnapshotsPage } from './replies.ts';

/** Where calls go. The account is the owner of the first reservation or snapshot; '' while there is neither. */
export function createPlace(send: Send, caller: Pick<Caller, 'region' | 'endpoint'>): Cloud['place'] {
  let account = '';

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
    const endpoint = caller.endpoint();
    const place: Place = { account, region: await caller.region() };
    return { ...place, ...(endpoint === undefined ? {} : { endpoint }) };
  };
}
