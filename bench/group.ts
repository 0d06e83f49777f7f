import type { Figure } from './figure.ts';

/** Calls of the simulated EC2 by all benches of a group, for figures about all of them. */
export type Tally = { calls: number; throttled: number };

/** Where other monitors are that are not simply on the path. */
export type Rivals = { gatus?: string | undefined; kuma?: string | undefined };

export type BenchOptions = {
  rivals: Rivals;
  /** How many times as fast as AWS the simulated one runs. */
  speed: number;
  tally: Tally;
};

/** One measurement, with everything it needs started and ended by itself. */
export type Bench = {
  /** Its main figure; `--only` takes it. */
  name: string;
  /**
   * The speed it is run at when none is asked for, 5 when left out: as slow as patience allows, because Deckhand's own work
   * does not run faster with AWS's time and would be measured instead of it.
   */
  speed?: number;
  run: (options: BenchOptions) => Promise<readonly Figure[]>;
};

export type Group = {
  benches: readonly Bench[];
  /** Figures about all that was run. */
  after?: (tally: Tally) => readonly Figure[];
};
