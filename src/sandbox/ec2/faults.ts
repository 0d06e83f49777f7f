import { createTroubles, type Troubles } from '#sandbox/troubles.ts';

import { statusOf } from './problems.ts';

/** Faults in force. They are not written down: a new start of the sandbox has none. */
export type FaultBoard = Troubles & {
  failSnapshots: (times: number) => void;
  failVolumes: (times: number) => void;
  setLag: (ms: number) => void;
  nextSnapshotFails: () => boolean;
  nextVolumeFails: () => boolean;
  lagMs: () => number;
};

export function createFaultBoard(usualLagMs: number): FaultBoard {
  const troubles = createTroubles({ service: 'ec2', statusOf });
  let snapshots = 0;
  let volumes = 0;
  let lag: number | undefined;

  return {
    ...troubles,
    failSnapshots: (times) => (snapshots = times),
    failVolumes: (times) => (volumes = times),
    setLag: (ms) => (lag = ms),
    nextSnapshotFails: () => snapshots > 0 && snapshots-- > 0,
    nextVolumeFails: () => volumes > 0 && volumes-- > 0,
    lagMs: () => lag ?? usualLagMs,
    clear: () => {
      troubles.clear();
      [snapshots, volumes, lag] = [0, 0, undefined];
    },
    list: () => [
      ...(snapshots > 0 ? [{ failNextSnapshot: snapshots }] : []),
      ...(volumes > 0 ? [{ failNextVolume: volumes }] : []),
      ...troubles.list(),
      ...(lag === undefined ? [] : [{ consistencyMs: lag }]),
    ],
  };
}
