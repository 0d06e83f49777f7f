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

const ofServer = (id: string, nr = 1) =>
  ({
    ...incident,
    id,
    key: `instance:i-0000000000000000${nr}`,
    report: {
      remedies: [
        { label: 'Reboot', operation: 'restart', line: `i-0000000000000000${nr}`, rule: 'server:reboot-web' },
        { label: 'Restore…', operation: 'restore', line: `i-0000000000000000${nr} --from latest` },
      ],
    },
  }) as unknown as IncidentRecord;

/** A store that outlives the process, and an engine that knows an id once. */
function setting() {
  const watch = new Map<string, Json>();
  const clock = { now: 100_000 };
  const asked = new Map<string, AutomaticRequest>();
  const said: string[] = [];
  const state = {
    crashing: false,
    blind: false,
    run: undefined as Run | undefined,
    incident,
    why: undefined as string | undefined,
  };
  const world = {
    clock: { now: () => clock.now },
    calendar: { last: () => undefined },
    log: { warn: () => undefined },
    clouds: { places: () => [{ account: '', region: 'us-east-1' }] },
    operations: ['fix', 'restart'].map((name) => ({
      kind: 'change',
      name,
      parse: ({ plain }: { plain: readonly string[] }) => ({ plain }),
    })),
    engine: { state: async (id: string) => (asked.has(id.replace('automatic:', '')) ? 'running' : undefined) },
    settings: {
      current: () => ({
        freeze: [],
        sites: [{ name: 'shop', remedies: [{ key: 'container:shop', auto }] }],
        remediation: [{ name: 'reboot-web', selector: 'role=web', remedy: 'reboot', auto }],
      }),
    },
    history: {
      watch: {
        load: async (prefix: string) => new Map([...watch].filter(([key]) => key.startsWith(prefix))),
        save: async (rows: ReadonlyMap<string, Json>) => {
          for (const [key, value] of rows) watch.set(key, value);
        },
      },
      incidents: { list: async () => [state.incident] },
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
  const incidents = {
    isOpen: async (key: string) => key === 'watch:blind' && state.blind,
    tried: async (_id: string, { key }: { key: string }) => void said.push(key),
  };
  const whyNotAct = async () => state.why;
  const start = () =>
    createRemediation({
      world,
      automatic,
      incidents: incidents as never,
      freeze: () => undefined,
      whyNotAct,
      onGivenUp: async () => void said.push('people were told'),
    });
  return { start, asked, said, state, watch, clock };
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

  it('killed between the decision and the act, leaves it when a person has taken it meanwhile', async () => {
    const { start, asked, state } = setting();
    state.crashing = true;
    await start()();

    state.crashing = false;
    state.incident = { ...incident, acknowledgedBy: 'U1' };
    await start()();

    expect(asked.size).toBe(0);
  });

  it('is left to people once nothing else may be tried, and they are told at once, and once only', async () => {
    const { start, asked, said, state } = setting();
    const look = start();
    await look();
    expect(said).toEqual([]);
    state.run = { state: 'done', result: { helped: false }, endedAt: 99_000 } as unknown as Run;

    await look();
    const told = { ...(incident.report as object), tried: [{ key: 'given-up', line: 'gives up' }] };
    state.incident = { ...incident, report: told };
    await look();

    expect(asked.size).toBe(1);
    expect(said).toEqual(['given-up', 'people were told']);
  });
});

describe('acting by itself while our own network is down', () => {
  it('uses up no try and calls nobody; it acts once it sees again', async () => {
    const { start, asked, said, state, watch } = setting();
    state.blind = true;
    await start()();
    expect([asked.size, watch.size, said.length]).toEqual([0, 0, 0]);

    state.blind = false;
    await start()();
    expect(asked.size).toBe(1);
  });
});

describe('acting by itself on a server', () => {
  it('says what it begins, and asks once, also when it was killed in between', async () => {
    const { start, asked, said, state } = setting();
    state.incident = ofServer('inc-2');
    state.crashing = true;
    await start()();
    expect(asked.size).toBe(0);

    state.crashing = false;
    await start()();
    await start()();

    expect([...asked.values()]).toMatchObject([
      { operation: 'restart', incident: 'inc-2', approval: { kind: 'none' } },
    ]);
    expect(new Set(said)).toEqual(new Set([`${[...asked.keys()][0]}:begun`]));
  });

  it('uses up no try while the server must not be touched, and calls nobody', async () => {
    const { start, asked, said, state, watch } = setting();
    state.incident = ofServer('inc-2');
    state.why = 'Run r-1 works on it.';

    await start()();
    expect([asked.size, watch.size, said.length]).toEqual([0, 0, 0]);

    state.why = undefined;
    await start()();
    expect(asked.size).toBe(1);
  });

  it('counts the tries of a day on all servers of a rule together', async () => {
    const { start, asked, state } = setting();
    for (const nr of [1, 2, 3, 4, 5]) {
      state.incident = ofServer(`inc-${nr}`, nr);
      await start()();
    }
    expect(asked.size).toBe(auto.perDay);
  });

  it('is not blocked by a try that was never asked for, of an incident that is over', async () => {
    const { start, asked, state, clock } = setting();
    state.incident = ofServer('inc-2');
    state.crashing = true;
    await start()();
    state.crashing = false;
    state.incident = ofServer('inc-3');
    clock.now += 10_000;

    await start()();

    expect([...asked.values()]).toMatchObject([{ incident: 'inc-3' }]);
  });
});
