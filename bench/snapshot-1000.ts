import { floorWith } from './floor.ts';
import type { Bench } from './group.ts';
import { startRig } from './rig.ts';

/** 459 simulated servers have 1,000 volumes that can be snapshotted. */
const instances = 459;

/** `/snapshot all` over 1,000 volumes, from the confirmation to the card that says done. */
export const snapshot1000: Bench = {
  name: 'snapshot-1000',
  speed: 1,
  run: async ({ speed, tally }) => {
    const rig = await startRig({ instances, speed, settings: { limits: { resources: 1_000 } } });
    try {
      const card = await rig.planned('/snapshot all', /Snapshot \d+ volumes/);
      const before = new Set((await rig.ec2()).snapshots.map(({ id }) => id));
      const { result: done, seconds } = await rig.timed(() =>
        rig.done({ user: 'requester', card, button: 'confirm', withinMs: 600_000 / speed + 120_000 }),
      );
      const made = (await rig.ec2()).snapshots.filter(({ id }) => !before.has(id)) as unknown as Made[];
      const counted = await rig.counted();
      tally.calls += counted.calls;
      tally.throttled += counted.throttled;
      const floor = floorOfSets(made, speed);
      return [
        {
          figure: 'snapshot-1000',
          value: seconds.simulated / floor,
          target: 1.1,
          unit: 'x floor',
          against: 'EC2 token buckets',
          seconds,
          notes: [
            done.text.slice(0, 120),
            `floor ${floor.toFixed(1)} s: a bucket of CreateSnapshots and the time EC2 took for ${made.length} snapshots`,
            `calls ${JSON.stringify(counted.byAction)}, throttled ${counted.throttled}; Deckhand at most ${rig.peakMb().toFixed(0)} MB`,
          ],
        },
      ];
    } finally {
      await rig.stop();
    }
  },
};

type Made = { id: string; startedAt: number; doneAt: number; tags: Record<string, string> };

/** One call for each set, and then EC2 completes it: nothing can end before the last one does. */
function floorOfSets(made: readonly Made[], speed: number): number {
  const sets = Map.groupBy(
    made.toSorted((one, other) => one.startedAt - other.startedAt),
    ({ tags }) => tags['deckhand:set'],
  );
  const took = [...sets.values()].map((set) =>
    Math.max(...set.map(({ startedAt, doneAt }) => ((doneAt - startedAt) / 1_000) * speed)),
  );
  return floorWith('CreateSnapshots', took);
}
