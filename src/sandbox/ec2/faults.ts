import { createTroubles, type Troubles } from '#sandbox/troubles.ts';

import { statusOf } from './problems.ts';
import { createStorageBoard, type StorageBoard } from './storage-board.ts';

/** Faults in force. They are not written down: a new start of the sandbox has none. */
export type FaultBoard = Troubles &
  StorageBoard & {
    setLag: (ms: number) => void;
    lagMs: () => number;
  };

export function createFaultBoard(usualLagMs: number): FaultBoard {
  const troubles = createTroubles({ service: 'ec2', statusOf });
  const storage = createStorageBoard();
  let lag: number | undefined;

  return {
    ...troubles,
    ...storage,
    setLag: (ms) => (lag = ms),
    lagMs: () => lag ?? usualLagMs,
    clear: () => {
      troubles.clear();
      storage.clear();
      lag = undefined;
    },
    list: () => [...storage.list(), ...troubles.list(), ...(lag === undefined ? [] : [{ consistencyMs: lag }])],
  };
}
