import { floorOf } from './floor.ts';
import type { Bench } from './group.ts';
import { startRig } from './rig.ts';

/** 46 simulated servers have 100 attached disks, so 100 nights are 10,000 snapshots. */
const instances = 46;
const nights = 100;
/** Of those that are older than that, one of each disk at least is younger, so all of them go. */
const command = '/deck cleanup snapshots all --older 50d';

/** `/deck cleanup` of 10,000 snapshots, from the approval to the card that says done. */
export const cleanup10000: Bench = {
  name: 'cleanup-10000',
  run: async ({ speed, tally }) => {
    const rig = await startRig({ instances, speed, settings: { limits: { deletions: 20_000 } } });
    try {
      await rig.faults({ ec2: { nights } });
      const asked = await rig.timed(() => rig.planned(command, /Delete [\d,]+ snapshots/));
      const before = await rig.ec2();
      const { seconds } = await rig.timed(() =>
        rig.done({ user: 'approver', card: asked.result, button: 'approve', withinMs: 4_000_000 / speed + 300_000 }),
      );
      const after = await rig.ec2();
      const deleted = before.snapshots.length - after.snapshots.length;
      const counted = await rig.counted();
      tally.calls += counted.calls;
      tally.throttled += counted.throttled;
      const floor = floorOf({ DeleteSnapshot: deleted });
      return [
        {
          figure: 'cleanup-10000',
          value: seconds.simulated / floor,
          target: 1.1,
          unit: 'x floor',
          against: 'EC2 token buckets',
          seconds,
          notes: [
            `${deleted} snapshots deleted, ${after.snapshots.length} left, ${after.invariants.length} deleted that should not have been`,
            `floor ${floor.toFixed(1)} s: a bucket of DeleteSnapshot; planned in ${asked.seconds.real.toFixed(1)} s`,
            `calls ${JSON.stringify(counted.byAction)}, throttled ${counted.throttled}; Deckhand at most ${rig.peakMb().toFixed(0)} MB`,
          ],
        },
      ];
    } finally {
      await rig.stop();
    }
  },
};
