import { DBOSExecutor } from '@dbos-inc/dbos-sdk/internal/dbos-executor';
import type pg from 'pg';

import type { Log } from '#ports/clock.ts';

export type ReplicasOptions = {
  pool: pg.Pool;
  /** This boot's name among the replicas; never used twice. */
  me: string;
  /** The store is this process' alone: whoever else owned a run is dead, and nobody needs to know that we live. */
  embedded: boolean;
  beatMs: number;
  deadMs: number;
  log: Log;
};
export type Replicas = {
  /** Says that this process lives; must be done before it owns a run, since an owner without a beat counts as dead. */
  announce: () => Promise<void>;
  /** Takes over what the dead left, now and from now on. */
  watch: () => Promise<void>;
  stop: () => void;
  /** After the last step: the others may take over at once. */
  leave: () => Promise<void>;
};

const upsertBeat = `insert into ops.replica (executor_id, beat) values ($1, now())
  on conflict (executor_id) do update set beat = excluded.beat`;

/** Owners of unfinished runs that are dead: all others here ($2), no beat at all, or none for too long. */
const selectDead = `select distinct run.executor_id as id
  from dbos.workflow_status run left join ops.replica using (executor_id)
  where run.status = 'PENDING' and run.executor_id <> $1
    and ($2 or beat is null or ($3 and beat < now() - $4::double precision * interval '1 ms'))`;

/**
 * DBOS without its paid Conductor takes over no runs of a dead process (https://docs.dbos.dev/production/workflow-recovery),
 * so replicas tell each other that they live and sweep. Two sweeping at once are harmless: it is one UPDATE per owner.
 */
export function createReplicas({ pool, me, embedded, beatMs, deadMs, log }: ReplicasOptions): Replicas {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let isFailing = false;
  let running: Promise<void> = Promise.resolve();
  let lastBeat = Number.NEGATIVE_INFINITY;
  let steadySince = 0;

  async function beat(): Promise<void> {
    await pool.query(upsertBeat, [me]);
    const now = performance.now();
    // The first beat, or the database was away: the others may only have been cut off as we were.
    if (now - lastBeat > 3 * beatMs) steadySince = now;
    lastBeat = now;
  }

  async function sweep(): Promise<void> {
    const staleCounts = lastBeat - steadySince >= deadMs;
    const { rows } = await pool.query<{ id: string }>(selectDead, [me, embedded, staleCounts, deadMs]);
    if (rows.length === 0) return;
    const executor = DBOSExecutor.globalInstance;
    if (executor === undefined || stopped) return;
    const runs = await executor.recoverPendingWorkflows(rows.map(({ id }) => id));
    log.info({ dead: rows.length, runs: runs.length }, 'took over runs');
  }

  async function round(): Promise<void> {
    try {
      await beat();
      await sweep();
      if (isFailing) log.info({}, 'watching over the other replicas again');
      isFailing = false;
    } catch (error) {
      if (!isFailing && !stopped) log.warn({ err: error }, 'cannot watch over the other replicas; trying again');
      isFailing = true;
    }
    if (!stopped) again();
  }

  function again(): void {
    timer = setTimeout(() => {
      running = round();
    }, beatMs).unref();
  }

  return {
    announce: async () => {
      if (!embedded) await beat();
    },
    watch: async () => {
      await sweep();
      if (!embedded) again();
    },
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
    leave: async () => {
      await running; // a beat under way would bring the row back
      if (!embedded) await pool.query('delete from ops.replica where executor_id = $1', [me]);
    },
  };
}
