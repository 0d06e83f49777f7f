import { describe, expect, it } from 'vitest';

import type { AutomaticRequest } from '#ports/automatic.ts';
import type { IncidentRecord, Run } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';
import { createRemediation } from '#runtime/remediation.ts';

type World = Parameters<typeof createRemediation>[0]['world'];

const auto = { afterMs: 0, perIncident: 1, perDay: 3, coolDownMs: 1_000, approval: { kind: 'none' } };
const incident = {
  id: 'inc-1',
  key: 'site:shop',
  state: 'open',
  startedAt: 0,
  acknowledgedBy: undefined,
  channel: 'C1',
  report: {
    remedies: [{ label: 'Restart', operation: 'fix', line: 'shop container:shop', rule: 'shop/container:shop' }],
    sites: ['shop'],
  },
} as unknown as IncidentRecord;

/** A store that outlives the process, and an engine that knows an id once. */
function setting() {
  const watch = new Map<string, Json>();
  const asked = new Map<string, AutomaticRequest>();
  const said: string[] = [];
  const state = { crashing: false, run: undefined as Run | undefined };
  const world = {
    clock: { now: () => 100_000 },
    calendar: { last: () => undefined },
    log: { warn: () => undefined },
    clouds: { places: () => [{ account: '', region: 'us-east-1' }] },
    operations: [{ kind: 'change', name: 'fix', parse: ({ plain }: { plain: readonly string[] }) => ({ plain }) }],
    engine: { state: async (id: string) => (asked.has(id.replace('automatic:', '')) ? 'running' : undefined) },
    settings: {
      current: () => ({ freeze: [], sites: [{ name: 'shop', remedies: [{ key: 'container:shop', auto }] }] }),
    },
    history: {
      watch: {
        load: async (prefix: string) => new Map([...watch].filter(([key]) => key.startsWith(prefix))),
        save: async (rows: ReadonlyMap<string, Json>) => {
          for (const [key, value] of rows) watch.set(key, value);
        },
      },
      incidents: { list: async () => [incident] },
      runs: { recent: async () => [], get: async () => state.run },
    },
  } as unknown as World;
  const automatic = {
    start: async (of: AutomaticRequest) => {
      if (state.crashing) throw new Error('killed');
      asked.set(of.id, of);
      return 'r-1' as never;
    },
  };
  const incidents = { tried: async (_id: string, { key }: { key: string }) => void said.push(key) };
  const start = () => createRemediation({ world, automatic, incidents: incidents as never });
  return { start, asked, said, state };
}

describe('acting by itself', () => {
  it('asks once, however often it looks and however many look', async () => {
    const { start, asked } = setting();
    const [one, other] = [start(), start()];

    await Promise.all([one(), other()]);
    await one();
    await other();

    expect([...asked.values()]).toMatchObject([{ operation: 'fix', incident: 'inc-1', because: 'remedy of shop' }]);
  });

  it('killed between the decision and the act, acts once after the next start', async () => {
    const { start, asked, state } = setting();
    state.crashing = true;
    await start()();
    expect(asked.size).toBe(0);

    state.crashing = false;
    const next = start();
    await next();
    await next();

    expect(asked.size).toBe(1);
  });

  it('is left to people once nothing else may be tried', async () => {
    const { start, asked, said, state } = setting();
    const look = start();
    await look();
    expect(said).toEqual([]);
    state.run = { state: 'done', result: { helped: false }, endedAt: 99_000 } as unknown as Run;

    await look();

    expect(asked.size).toBe(1);
    expect(said).toEqual(['given-up']);
  });
});
