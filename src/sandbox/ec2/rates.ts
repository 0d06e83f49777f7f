import { Problem } from './problems.ts';

type Rate = { capacity: number; perSecond: number };

const describing: Rate = { capacity: 100, perSecond: 20 };
/** Lists without a filter and without pages. */
const plainDescribing: Rate = { capacity: 50, perSecond: 10 };
const making: Rate = { capacity: 100, perSecond: 5 };
const otherMutating: Rate = { capacity: 50, perSecond: 5 };

/** AWS's defaults, for each action of an account in a Region.
 *  Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html */
const requests: Readonly<Record<string, Rate>> = {
  CreateSnapshot: making,
  CreateSnapshots: making,
  DeleteSnapshot: making,
  ModifySnapshotAttribute: making,
  DeregisterImage: making,
  CreateVolume: making,
  DeleteVolume: making,
  CopyImage: { capacity: 100, perSecond: 1 },
  CreateTags: { capacity: 100, perSecond: 10 },
  DeleteTags: { capacity: 100, perSecond: 10 },
  StartInstances: { capacity: 5, perSecond: 2 },
  RunInstances: { capacity: 5, perSecond: 2 },
  StopInstances: { capacity: 50, perSecond: 5 },
  TerminateInstances: making,
};
/** One token for each instance that is named. */
const resources: Readonly<Record<string, Rate>> = {
  StartInstances: { capacity: 1_000, perSecond: 2 },
  RunInstances: { capacity: 1_000, perSecond: 2 },
  StopInstances: { capacity: 1_000, perSecond: 20 },
  TerminateInstances: { capacity: 1_000, perSecond: 20 },
};
const hasPlainBucket = new Set(['DescribeInstances', 'DescribeInstanceStatus', 'DescribeSnapshots', 'DescribeVolumes']);

export type Cost = { action: string; plain: boolean; instances: number };

/** Takes the tokens of a call, or throws RequestLimitExceeded. Buckets fill `speed` times as fast as AWS's. */
export function createRates(now: () => number, speed: number): (cost: Cost) => void {
  const buckets = new Map<string, { tokens: number; at: number }>();

  function take(key: string, { capacity, perSecond }: Rate, count: number): boolean {
    const bucket = buckets.get(key) ?? { tokens: capacity, at: now() };
    const filled = bucket.tokens + (Math.max(0, now() - bucket.at) / 1_000) * perSecond * speed;
    const tokens = Math.min(capacity, filled);
    const enough = tokens >= count;
    buckets.set(key, { tokens: enough ? tokens - count : tokens, at: now() });
    return enough;
  }
  return ({ action, plain, instances }) => {
    const isList = /^(?:Describe|List|Get|Search)/.test(action);
    const small = isList && plain && hasPlainBucket.has(action);
    const rate = small ? plainDescribing : isList ? describing : (requests[action] ?? otherMutating);
    const ofInstances = resources[action];
    const paid =
      take(small ? `${action} plain` : action, rate, 1) &&
      (ofInstances === undefined || take(`${action} instances`, ofInstances, instances));
    if (!paid) throw new Problem('RequestLimitExceeded', 'Request limit exceeded.');
  };
}
