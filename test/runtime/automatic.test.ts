import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { Refusal, Transient } from '#errors.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { Order } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/roles.ts';
import { tellAutomaticEnd } from '#runtime/automatic-report.ts';
import { createAutomatic } from '#runtime/automatic.ts';
import { runIdOf } from '#runtime/ids.ts';
import type { World } from '#runtime/world.ts';
import { createHistory } from '#store/history.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const words = { title: 'Work', summary: 'Work on it', sections: [] };
type Body = Parameters<World['engine']['serve']>[1];

/** Automatic work on a real store, with an engine that runs a body when the test says so. */
function setting(of: { plan?: () => Promise<object>; rule?: ApprovalRule; member?: boolean } = {}) {
  const history = createHistory(store);
  const started: { id: string; name: string; input: Json }[] = [];
  const alarms: { key: string; report: Report }[] = [];
  const bodies = new Map<string, Body>();
  const operation = defineChange<object, object, string>({
    kind: 'change',
    name: 'work',
    command: undefined,
    summary: '',
    usage: '',
    examples: [],
    role: 'operator',
    iam: [],
    approval: { kind: 'confirm', expiresMs: 1 },
    args: z.object({ what: z.string() }),
    parse: () => ({}),
    plan: of.plan ?? (async () => ({ planned: true })),
    check: async () => [],
    resources: () => ['i-1'],
    stages: () => [],
    story: async () => 'result',
    words: { planned: () => words, done: () => words },
    failures: (_plan, result) => (result === 'half' ? ['db-1 failed'] : []),
  });
  const world = {
    operations: [operation],
    history,
    log: silentLog,
    clock: { now: () => 5_000 },
    chat: { channel: async () => ({ isMember: of.member ?? true, isDirect: false }) },
    engine: {
      serve: (name: string, body: Body) => void bodies.set(name, body),
      start: async (id: string, name: string, input: Json) => void started.push({ id, name, input }),
    },
  } as unknown as World;
  const incidents = {
    raise: async (key: string, { report }: { report: Report }) => void alarms.push({ key, report }),
    resolve: async (key: string, { report }: { report: Report }) => void alarms.push({ key, report }),
    silence: async () => undefined,
    careOf: async () => ({}),
    isOpen: async () => false,
    tried: async () => undefined,
  };
  const asking = async ({ requester, channel }: Pick<Order, 'requester' | 'channel'>) =>
    ({
      requester,
      channel,
      settings: { approvals: of.rule === undefined ? {} : { work: of.rule }, limits: { resources: 5 } },
      place: {},
      everywhere: [{ place: { account: '', region: 'us-east-1' }, cloud: {} }],
    }) as unknown as Asking;
  const automatic = createAutomatic({ world, asking, incidents });
  automatic.serve();
  /** What the engine would do with the first thing that was started. */
  const ask = () => createRecorder().run((durable) => bodies.get('automatic')!(durable, started[0]!.input));
  return { automatic, history, started, alarms, ask, incidents, operation };
}

let nr = 0;
const request = () => ({
  id: `schedule:nightly:${nr++}`,
  operation: 'work',
  args: { what: 'all' },
  channel: 'C1',
  because: 'schedule nightly',
});

describe('work that Deckhand asks of itself', () => {
  it('becomes the one run of its id, asked by Deckhand, under the rule of deckhand.yml', async () => {
    const rule = { kind: 'approve', count: 1, role: 'approver', expiresMs: 7 } as const;
    const it = setting({ rule });
    const of = request();

    const id = await it.automatic.start(of);
    await it.ask();
    await it.ask();

    const run = await it.history.runs.get(id);
    expect(run?.order).toMatchObject({
      id: runIdOf(of.id),
      requester: 'deckhand',
      because: 'schedule nightly',
      channel: 'C1',
      approval: rule,
      plan: { planned: true },
    });
    expect(it.started.filter(({ name }) => name === 'run')).toHaveLength(1);
    expect(it.alarms).toEqual([]);
  });

  it('takes the rule it was given, else that of the operation', async () => {
    const given = setting({ rule: { kind: 'confirm', expiresMs: 2 } });
    const id = await given.automatic.start({ ...request(), approval: { kind: 'none' } });
    await given.ask();
    const own = setting();
    const other = await own.automatic.start(request());
    await own.ask();

    expect((await given.history.runs.get(id))?.order.approval).toEqual({ kind: 'none' });
    expect((await own.history.runs.get(other))?.order.approval).toEqual({ kind: 'confirm', expiresMs: 1 });
  });

  it('tells nobody that there is nothing to do', async () => {
    const it = setting({ plan: async () => Promise.reject(new Refusal('nothing', 'There is nothing to delete.')) });
    const id = await it.automatic.start(request());
    await it.ask();

    expect(await it.history.runs.get(id)).toBeUndefined();
    expect(it.alarms).toEqual([]);
  });

  it.each<[string, Parameters<typeof setting>[0], RegExp]>([
    [
      'its selector matches nothing',
      { plan: async () => Promise.reject(new Refusal('not-found', 'Nothing matches `x`.')) },
      /Nothing matches/,
    ],
    ['Deckhand is not in the channel', { member: false }, /invite/],
    ['it breaks', { plan: async () => Promise.reject(new Error('boom')) }, /reference r-/],
    ['AWS stays away', { plan: async () => Promise.reject(new Transient('throttled')) }, /half an hour/],
  ])('is told as the incident of its cause, and nothing runs, when %s', async (_why, of, told) => {
    const it = setting(of);
    const id = await it.automatic.start(request());

    await it.ask();

    expect(it.alarms).toMatchObject([{ key: 'automatic:schedule nightly' }]);
    expect(JSON.stringify(it.alarms[0]!.report)).toMatch(told);
    expect(await it.history.runs.get(id)).toBeUndefined();
  });

  it('rides out a moment in which AWS does not answer', async () => {
    let tries = 0;
    const plan = async () => {
      if (++tries < 8) throw new Transient('throttled');
      return {};
    };
    const it = setting({ plan });
    const id = await it.automatic.start(request());

    await it.ask();

    expect(await it.history.runs.get(id)).toBeDefined();
    expect(it.alarms).toEqual([]);
  });
});

describe('how it ended', () => {
  const order = { id: 'r-1', operation: 'work', because: 'schedule nightly', channel: 'C1', plan: {} } as Order;

  it.each([
    ['undone', 'no room', 'Schedule nightly failed', /no room/],
    ['changed', 'db-1 is gone', 'Schedule nightly was not run', /db-1 is gone/],
    ['expired', undefined, 'Schedule nightly was not run', /Nobody approved/],
  ] as const)('%s is an incident', async (state, reason, title, told) => {
    const { incidents, alarms, operation } = setting();

    await tellAutomaticEnd(incidents, {
      order,
      operation,
      at: 1,
      ending: { state, ...(reason === undefined ? {} : { reason }) },
    });

    expect(alarms[0]).toMatchObject({ key: 'automatic:schedule nightly', report: { title } });
    expect(JSON.stringify(alarms)).toMatch(told);
  });

  it('in part names what failed, and well ends the incident', async () => {
    const { incidents, alarms, operation } = setting();

    await tellAutomaticEnd(incidents, { order, operation, at: 1, ending: { state: 'done', result: 'half' } });
    await tellAutomaticEnd(incidents, { order, operation, at: 2, ending: { state: 'done', result: 'whole' } });

    expect(alarms.map(({ report }) => report.title)).toEqual([
      'Schedule nightly failed in part',
      'Schedule nightly is well again',
    ]);
    expect(JSON.stringify(alarms[0])).toContain('db-1 failed');
  });

  it('by a person saying no is no failure', async () => {
    const { incidents, alarms, operation } = setting();

    await tellAutomaticEnd(incidents, { order, operation, at: 1, ending: { state: 'denied', by: 'U1' } });

    expect(alarms).toEqual([]);
  });
});
