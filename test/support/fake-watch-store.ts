import type { History, Run } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

import { createFakeMeasures } from './fake-measures.ts';

/** The watchers' small store in memory; values go through JSON as in a database. `fail` makes every call throw. */
export function createFakeWatchStore() {
  const rows = new Map<string, string>();
  let failure: Error | undefined;
  let writes = 0;
  const unlessDown = () => {
    if (failure !== undefined) throw failure;
  };
  const watch: History['watch'] = {
    load: async (prefix) => {
      unlessDown();
      return new Map(
        [...rows].filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key, JSON.parse(text) as Json]),
      );
    },
    save: async (entries) => {
      unlessDown();
      writes++;
      for (const [key, value] of entries) rows.set(key, JSON.stringify(value));
    },
    forget: async (keys) => {
      unlessDown();
      for (const key of keys) rows.delete(key);
    },
  };
  const held = new Set<string>();
  const claims: Pick<History['claims'], 'holders'> = {
    holders: async (resources) =>
      resources.filter((one) => held.has(one)).map((resource) => ({ resource, run: 'r-0000000000' })),
  };
  const past: Run[] = [];
  const runs: Pick<History['runs'], 'recent'> = {
    recent: async ({ operation, states }) => {
      unlessDown();
      return past.filter(
        (run) => run.order.operation === (operation ?? run.order.operation) && (states?.includes(run.state) ?? true),
      );
    },
  };
  return {
    watch,
    measures: createFakeMeasures(unlessDown),
    claims,
    runs,
    /** A run that ended. */
    ran: (of: { operation: string; endedAt: number; plan?: Json; result?: Json; state?: Run['state'] }) =>
      void past.unshift(aRun(of)),
    held,
    rows,
    writes: () => writes,
    fail: (error?: Error) => void (failure = error),
  };
}

function aRun(of: { operation: string; endedAt: number; plan?: Json; result?: Json; state?: Run['state'] }): Run {
  return {
    order: {
      id: 'r-0000000001',
      operation: of.operation,
      args: null,
      plan: of.plan ?? null,
      planHash: '',
      requester: 'U1',
      channel: 'C1',
      requestedAt: of.endedAt,
      approval: null,
    },
    state: of.state ?? 'done',
    summary: '',
    result: of.result,
    reason: undefined,
    updatedAt: of.endedAt,
    endedAt: of.endedAt,
    undoneBy: undefined,
  };
}
