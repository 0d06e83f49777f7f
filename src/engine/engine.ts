import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

import { DBOS } from '@dbos-inc/dbos-sdk';
import type pg from 'pg';

import { Transient } from '#errors.ts';
import { asTransient } from '#lib/store-away.ts';
import type { Log } from '#ports/clock.ts';
import type { Engine, RunBody } from '#ports/engine.ts';
import type { Json } from '#ports/json.ts';

import { asJson, type DurableNeeds } from './durable.ts';
import { engineCode, engineCodes } from './errors.ts';
import { keepForgetting } from './forget.ts';
import { createLife } from './life.ts';
import { quietLog } from './quiet-log.ts';
import { createReplicas } from './replicas.ts';
import { stateOf, troubleOf } from './states.ts';
import { createTakeUp } from './take-up.ts';
import { within } from './within.ts';
import { registerBody } from './workflow.ts';

export type EngineOptions = {
  /** Of an opened store (its migrations made `ops.replica`). Stays open after `stop`. */
  pool: pg.Pool;
  /** True when no other process can use the store. */
  embedded: boolean;
  log: Log;
  /** Defaults 2 s and 10 s: a dead replica's runs continue 11.4 to 12.4 s after its death (measured), 13 s at worst. */
  beatMs?: number;
  deadMs?: number;
  /** Gap before a step's second attempt. Default 1 s. */
  retryMs?: number;
  /** Longest wait for the database in `start`, `send` and `state`. Default 15 s. */
  answerWithinMs?: number;
};

/** Recovery goes by version, and a run must survive any number of deployments: stories change by patches, not by version. */
const applicationVersion = '1';
const shutdownWithinMs = 3_000;

/**
 * Durable runs on DBOS Transact in the store's own database; connects to nothing else. One launched engine per process.
 * After `stop` another one may be created on the same pool.
 */
export function createEngine(options: EngineOptions): Engine {
  const { pool, embedded, log, beatMs = 2_000, deadMs = 10_000, retryMs = 1_000, answerWithinMs = 15_000 } = options;
  const me = randomUUID();
  const life = createLife();
  const replicas = createReplicas({ pool, me, embedded, beatMs, deadMs, log });
  const bodies = new Map<string, RunBody>();
  const workflows = new Map<string, (input: Json) => Promise<Json>>();
  let launched = false;
  let stopForgetting = (): void => undefined;
  /** Calls from inside a body (a timer it set, say) are not the body's own: they must not count among its steps. */
  const outside = AsyncLocalStorage.snapshot();

  function ask<T>(call: () => Promise<T>): Promise<T> {
    if (!launched || life.isStopping())
      return Promise.reject(new Transient('Deckhand is starting or stopping. Try again in a moment.'));
    return within(answerWithinMs, outside(call)).catch((error: unknown) => {
      throw asTransient(error);
    });
  }

  const takeUpAgain = createTakeUp({ me, life, log, outside });
  const needs: DurableNeeds = { life, log, retryMs, onEngineFailure: takeUpAgain };

  async function launch(): Promise<void> {
    if (launched) throw new Error('the engine was launched before');
    await replicas.announce();
    DBOS.setConfig({
      name: 'deckhand',
      systemDatabasePool: pool,
      applicationVersion,
      enablePatching: true,
      executorID: me,
      logger: quietLog(log),
    });
    for (const [name, body] of bodies) workflows.set(name, registerBody(name, body, needs));
    await DBOS.launch();
    launched = true;
    await replicas.watch();
    stopForgetting = keepForgetting({ pool, log });
  }

  async function stop(withinMs: number): Promise<void> {
    const wasStopping = life.isStopping();
    life.beginStop();
    if (wasStopping || !launched) return;
    if (!(await life.drain(withinMs))) log.info({ withinMs }, 'steps still in flight will run again at the next start');
    life.end();
    replicas.stop();
    stopForgetting();
    await within(
      shutdownWithinMs,
      outside(() => DBOS.shutdown({ deregister: true })),
    ).catch((error: unknown) => log.warn({ err: error }, 'the engine did not shut down in time'));
    await within(shutdownWithinMs, replicas.leave()).catch((error: unknown) =>
      log.info({ err: error }, 'could not say good-bye; the other replicas will notice'),
    );
  }

  return {
    serve: (name, body) => {
      if (launched) throw new Error(`"${name}" must be served before launch`);
      if (bodies.has(name)) throw new Error(`"${name}" is served already`);
      bodies.set(name, body);
    },
    launch,
    start: (id, name, input) =>
      ask(async () => {
        const workflow = workflows.get(name);
        if (workflow === undefined) throw new Error(`nothing is served as "${name}"`);
        await DBOS.startWorkflow(workflow, { workflowID: id })(asJson(input));
      }),
    send: (id, topic, message, key) => ask(() => send(id, topic, message, key)),
    state: (id) =>
      ask(async () => {
        const status = await DBOS.getWorkflowStatus(id);
        return status === null ? undefined : stateOf(status);
      }),
    result: (id) => outside(() => result(id)),
    troubled: (since) => ask(() => troubled(pool, since)),
    stop,
  };
}

async function send(id: string, topic: string, message: Json, key: string): Promise<boolean> {
  const status = await DBOS.getWorkflowStatus(id);
  // DBOS would take a message for a run that is over, and nobody would ever read it.
  if (status === null || stateOf(status) !== 'running') return false;
  try {
    await DBOS.send(id, { message }, topic, key);
    return true;
  } catch (error) {
    if (engineCode(error) === engineCodes.unknownRun) return false;
    throw error;
  }
}

async function result(id: string): Promise<Json> {
  if ((await DBOS.getWorkflowStatus(id)) === null) throw new Error(`there is no run ${id}`);
  return DBOS.retrieveWorkflow<Json>(id).getResult({ pollingIntervalMs: 100 });
}

const selectTroubled = `select workflow_uuid as id from dbos.workflow_status
  where status in ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED') and updated_at >= $1
  order by updated_at desc limit 100`;

async function troubled(pool: pg.Pool, since: number): ReturnType<Engine['troubled']> {
  const { rows } = await pool.query<{ id: string }>(selectTroubled, [Math.trunc(since)]);
  if (rows.length === 0) return [];
  const runs = await DBOS.listWorkflows({ workflowIDs: rows.map(({ id }) => id), loadInput: false, loadOutput: true });
  return runs.map((run) => ({
    id: run.workflowID,
    name: run.workflowName,
    state: stateOf(run),
    message: troubleOf(run),
  }));
}
