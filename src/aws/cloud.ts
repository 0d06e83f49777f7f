import type { Cloud, Shortage } from '#ports/cloud.ts';
import type { Lane } from '#ports/clouds.ts';

import { createAttachmentCalls } from './attachments.ts';
import type { BudgetLevel } from './budget.ts';
import { type CallerOptions, createCaller, type Send } from './caller.ts';
import { createHealth } from './health.ts';
import { createHolds } from './holds.ts';
import { createFactCalls } from './instance-facts.ts';
import { createEveryPage, largestPage } from './pages.ts';
import { createPermits } from './permits.ts';
import { createPlace, type KnownAccount } from './place.ts';
import { createPowerCalls } from './power.ts';
import { createReads } from './reads.ts';
import { createRootCalls } from './roots.ts';
import { createSnapshotCalls } from './snapshots.ts';
import { createTagCalls } from './tags.ts';
import { createTogether } from './together.ts';
import { createVolumeHealth } from './volume-health.ts';
import { createVolumeCalls } from './volumes.ts';

export type CloudOptions = CallerOptions & {
  /** Things in one page of a list, 5–500. Default 500. */
  pageSize?: number;
  /** What deckhand.yml says of the account; left out: nothing. */
  account?: KnownAccount;
};

export type AwsCloud = Cloud & {
  /** The same cloud for work that goes first (`high`: restores) or last (`low`: sweeps) when the API budget is short;
   *  inside a lane owners (runs, people) take turns. */
  inLane: (lane: Lane, owner?: string) => Cloud;
  /** Loads the SDK and the credentials ahead of the first call. Throws Refusal when they are missing. Repeatable. */
  warm: () => Promise<void>;
  /** The API budget per action, for metrics. */
  budget: () => readonly BudgetLevel[];
};

/**
 * EC2 and EBS of one account and Region through the AWS SDK. The endpoint comes from the SDK's own variables
 * (AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL). Nothing is loaded or read before the first call.
 * Throws Refusal "bad-input" on a budget share outside 0–1.
 */
export function createCloud(options: CloudOptions): AwsCloud {
  const caller = createCaller(options);
  const place = createPlace(caller.send('normal'), caller, options.account);

  const shared = createTogether(caller, options.clock);

  function inLane(lane: Lane, owner?: string): Cloud {
    const send = caller.send(lane, owner);
    const together = shared.at(lane, owner);
    const pagesBy = (by: Send) => createEveryPage(by, options.pageSize ?? largestPage);
    const everyPage = pagesBy(send);
    const reads = createReads({ everyPage, pagesBy, together }, caller);
    return {
      place,
      ...reads,
      health: createHealth(together, everyPage),
      ...createSnapshotCalls(send, caller),
      ...createVolumeCalls(send, caller),
      ...createAttachmentCalls(send, reads),
      ...createRootCalls({ send, everyPage, together }, caller),
      ...createVolumeHealth({ send, everyPage, together }),
      ...createHolds(send, everyPage, caller),
      ...createFactCalls(send, everyPage),
      ...createPowerCalls(send, together),
      ...createTagCalls(together, options.clock),
      permits: createPermits(send),
      pace: caller.pace,
      shortOf: () => shortages(caller.levels()),
      close: caller.close,
    };
  }

  return { ...inLane('normal'), inLane, warm: caller.warm, budget: caller.levels };
}

/** Throttled so lately that people may still feel it. */
const latelyMs = 10 * 60_000;

function shortages(levels: readonly BudgetLevel[]): readonly Shortage[] {
  return levels
    .filter(({ waiting, throttledAgoMs = Infinity }) => waiting > 0 || throttledAgoMs < latelyMs)
    .map(({ bucket, tokens: _tokens, capacity: _capacity, ...rest }) => ({ action: bucket, ...rest }));
}
