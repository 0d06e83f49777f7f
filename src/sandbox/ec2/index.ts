import type { Ec2Part, KeyUse } from '#sandbox/parts.ts';

import { createCallLog } from './calls.ts';
import { setFaults } from './control.ts';
import { createDoor } from './door.ts';
import { dumpWorld } from './dump.ts';
import { createFaultBoard } from './faults.ts';
import { nextChangeAt, openKeep } from './keep.ts';
import { createNotifier } from './notifier.ts';
import { paceAt } from './pace.ts';
import { createRates } from './rates.ts';
import { createServers } from './servers.ts';
import type { World } from './world.ts';

export type Ec2Options = {
  /** Servers of the first fleet; 24 unless told otherwise. The first eight are the same in every fleet. */
  instances?: number | undefined;
  /** AWS's delays are divided by it, and its request buckets fill so much faster. */
  speed: number;
  /** Everything but faults is kept there. */
  stateFile?: string | undefined;
  /** All ids and dice come from it. */
  seed?: number | undefined;
  /** Epoch ms. Every state is worked out from it when asked for, so it may be a clock of one's own. */
  now: () => number;
  account?: string | undefined;
  region?: string | undefined;
  /** The world of another Region that a snapshot is to be copied from. */
  neighbour?: (region: string, snapshotId?: string) => World | undefined;
  /** Which KMS keys may be used; left out: all. */
  keyUse?: KeyUse | undefined;
};

/** One place, with what is in it for those beside it. */
export type Ec2World = Ec2Part & { world: () => World };

/**
 * A make-believe EC2 and EBS in one account and Region, as strict as the real one: speaks the Query protocol, keeps state
 * machines, buckets, tokens and quotas, and does wrong what it is told to. Throws Refusal "bad-input" for an unreadable
 * state file.
 */
export function createEc2(options: Ec2Options): Ec2World {
  const { speed, now } = options;
  const keep = openKeep(
    {
      instances: options.instances ?? 24,
      speed,
      seed: options.seed ?? 1,
      now,
      account: options.account ?? '123456789012',
      region: options.region ?? 'us-east-1',
      stateFile: options.stateFile,
      keyUse: options.keyUse,
      ...(options.neighbour === undefined ? {} : { neighbour: options.neighbour }),
    },
    () => {
      keep.save();
      notifier.changed();
    },
  );
  const notifier = createNotifier(now, (since) => nextChangeAt(keep.world(), since));
  const calls = createCallLog(now);
  const faults = createFaultBoard(paceAt(speed).consistency);
  const verdict: Parameters<typeof createServers>[1] = { of: () => undefined };
  const desk = { world: keep.world, faults, takeTokens: createRates(now, speed), verdict };
  const door = createDoor({ desk, calls, called: notifier.called });

  return {
    handle: door.handle,
    world: keep.world,
    servers: createServers(keep.world, verdict),
    dump: () => dumpWorld({ world: keep.world(), calls, faults }),
    faults: (input) =>
      setFaults(
        {
          world: keep.world,
          faults,
          reset: () => {
            keep.reset();
            faults.clear();
          },
          changed: notifier.changed,
        },
        input,
      ),
    onChange: notifier.onChange,
    close: () => {
      notifier.close();
      door.close();
      return keep.close();
    },
  };
}
