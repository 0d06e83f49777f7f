import { DBOS } from '@dbos-inc/dbos-sdk';

import type { RunBody } from '#ports/engine.ts';
import type { Json } from '#ports/json.ts';

import { asJson, createDurable, type DurableNeeds } from './durable.ts';
import { isStopOf, retell, tell } from './errors.ts';
import { never } from './life.ts';

/** Each restart counts, also for a run that only waits: a year of hourly restarts. */
const maxRecoveryAttempts = 10_000;

/** A body as a workflow of DBOS under a stored name. Before launch. */
export function registerBody(name: string, body: RunBody, needs: DurableNeeds): (input: Json) => Promise<Json> {
  const workflow = async (input: Json): Promise<Json> => {
    const id = DBOS.workflowID ?? '';
    try {
      const result = asJson(await body(createDurable(id, needs), input));
      return needs.life.isOver() ? await never() : result;
    } catch (error) {
      if (needs.life.isOver()) return never();
      throw isStopOf(id, error) ? error : retell(tell(error));
    }
  };
  return DBOS.registerWorkflow(workflow, { name, maxRecoveryAttempts });
}
