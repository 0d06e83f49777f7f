import type { CloudAction } from '#ports/cloud.ts';
import type { ApiBucket, ApiRate } from '#ports/settings.ts';

/** Everything Deckhand calls, as IAM and the throttling tables name it. */
export type Action = CloudAction | `${'Describe' | 'List' | 'Get' | 'Search'}${string}`;

/** A token bucket of one token a call; `resources`: a second one, of one token an instance named in the call. */
export type Limit = ApiBucket;

/** Raised or lowered limits, by action. */
export type Limits = Readonly<Partial<Record<string, Limit>>>;

const making: ApiRate = { capacity: 100, perSecond: 5 };

/**
 * What AWS allows by default, per account, Region and action; shared with everything else that runs in the account.
 * Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
const listed: Limits = {
  CreateSnapshot: making,
  CreateSnapshots: making,
  DeleteSnapshot: making,
  ModifySnapshotAttribute: making,
  CreateVolume: making,
  DeleteVolume: making,
  DeregisterImage: making,
  TerminateInstances: { ...making, resources: { capacity: 1000, perSecond: 20 } },
  CreateTags: { capacity: 100, perSecond: 10 },
  DeleteTags: { capacity: 100, perSecond: 10 },
  StartInstances: { capacity: 5, perSecond: 2, resources: { capacity: 1000, perSecond: 2 } },
  RunInstances: { capacity: 5, perSecond: 2, resources: { capacity: 1000, perSecond: 2 } },
  StopInstances: { capacity: 50, perSecond: 5, resources: { capacity: 1000, perSecond: 20 } },
  CopyImage: { capacity: 100, perSecond: 1 },
};
const reading: Limit = { capacity: 100, perSecond: 20 };
const otherMutating: Limit = { capacity: 50, perSecond: 5 };

/** The limit of an action: the account's own, else the listed one, else that of its kind (same source). */
export function limitOf(action: string, own: Limits = {}): Limit {
  const byDefault = listed[action] ?? (/^(Describe|List|Get|Search)/.test(action) ? reading : otherMutating);
  return { ...byDefault, ...own[action] };
}

/** Describe calls without page size and without filter have a smaller bucket of their own (same source). */
export const plainLimit: Limit = { capacity: 50, perSecond: 10 };
