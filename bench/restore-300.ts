import { paceAt } from '#sandbox/ec2/pace.ts';
import type { Ec2 } from '#test/journeys/sandbox.ts';

import { floorOfPipeline } from './floor.ts';
import type { Bench } from './group.ts';
import { type Rig, startRig } from './rig.ts';

/** A simulated fleet of this size has 300 servers with the role `web`, each with one data volume. */
const instances = 899;
const servers = 300;

/** `/restore role=web` over 300 servers in place, from the approval to the card that says done. */
export const restore300: Bench = {
  name: 'restore-300',
  run: async ({ speed, tally }) => {
    const rig = await startRig({ instances, speed, settings: { limits: { resources: 1_000 } } });
    try {
      const card = await rig.planned('/restore role=web', /Restore \d+ volumes of \d+ servers/);
      const before = await rig.ec2();
      const { result: done, seconds } = await rig.timed(() =>
        rig.done({ user: 'approver', card, button: 'approve', withinMs: 900_000 / speed + 240_000 }),
      );
      const after = await rig.ec2();
      const counted = await rig.counted();
      tally.calls += counted.calls;
      tally.throttled += counted.throttled;
      return [
        figureOf(seconds, [
          done.text.slice(0, 120),
          `calls ${JSON.stringify(counted.byAction)}, throttled ${counted.throttled}`,
          estimateOf(card.plain, seconds.simulated),
        ]),
        {
          figure: 'restore-300-mis-attachments',
          value: misplaced(before, after) + after.invariants.length,
          target: 0,
          unit: 'servers',
          against: 'the devices before, and the invariants of the simulated EC2',
          notes: after.invariants.slice(0, 3),
        },
        memoryOf(rig),
      ];
    } finally {
      await rig.stop();
    }
  },
};

function figureOf(seconds: { real: number; simulated: number }, notes: readonly string[]) {
  const pace = paceAt(1);
  const aws = (ms: number) => ms / 1_000;
  const floor = floorOfPipeline(servers, [
    { action: 'CreateVolume', seconds: aws(pace.createFromSnapshot) },
    { seconds: aws(pace.stop) },
    { action: 'DetachVolume', seconds: aws(pace.detach) },
    { action: 'AttachVolume', seconds: aws(pace.attach) },
    { action: 'ModifyInstanceAttribute', seconds: 0 },
    { seconds: aws(pace.start) },
    { seconds: aws(pace.initialize) },
  ]);
  return {
    figure: 'restore-300',
    value: seconds.simulated / floor,
    target: 1.15,
    unit: 'x floor',
    against: 'EC2 token buckets',
    seconds,
    notes: [`floor ${floor.toFixed(1)} s: the buckets, and what EC2 takes for one server by itself`, ...notes],
  };
}

/** The plan promises a time; so far is it off. */
function estimateOf(plain: string, took: number): string {
  const [, number, unit] = /Takes about (\d+) (s|min|h)/.exec(plain) ?? [];
  const promised = Number(number) * { s: 1, min: 60, h: 3_600 }[unit as 's' | 'min' | 'h'];
  return `promised ${promised} s, took ${took.toFixed(0)} s: off by ${(((promised - took) / took) * 100).toFixed(0)} %`;
}

/** Servers of the selection that do not have exactly one new disk where the old one was. */
function misplaced(before: Ec2, after: Ec2): number {
  const old = new Map(before.instances.map((one) => [one.id, one.mappings]));
  return after.instances
    .filter(({ tags }) => tags['role'] === 'web')
    .filter(({ id, mappings }) => {
      const was = old.get(id) ?? [];
      const same = mappings.length === was.length && mappings.every((one, at) => one.device === was[at]?.device);
      const changed = mappings.filter((one, at) => one.volumeId !== was[at]?.volumeId).length;
      return !same || changed !== 1;
    }).length;
}

function memoryOf(rig: Rig) {
  return {
    figure: 'restore-300-rss',
    value: rig.peakMb(),
    target: 400,
    unit: 'MB',
    against: 'the memory of a small server',
  };
}
