import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { Refusal, Transient } from '#errors.ts';
import { type Asking, defineChange, type FollowUp } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Known } from '#policy/people.ts';
import type { AutomaticRequest } from '#ports/automatic.ts';
import type { MessageRef, Post } from '#ports/chat.ts';
import type { Order } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Role } from '#ports/roles.ts';
import { createParts } from '#runtime/parts.ts';
import { createRun } from '#runtime/run.ts';
import type { World } from '#runtime/world.ts';
import { createHistory } from '#store/history.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

let nr = 0;
const words = { title: 'Work', summary: 'Work on it', sections: [] };

/** A run of one small operation, on a real store; everything that can go wrong is a switch. */
function setting(
  of: {
    story?: (story: Story) => Promise<string>;
    check?: () => Promise<string[]>;
    roles?: Record<string, Role[]>;
    undoes?: string;
    order?: Partial<Order>;
    next?: FollowUp[];
  } = {},
) {
  const id = `r-${String(nr++).padStart(10, '0')}`;
  const history = createHistory(store);
  const posts: Post[] = [];
  const alarms: Report[] = [];
  const asked: AutomaticRequest[] = [];
  const slack = { away: 0, brokenEdits: 0 };
  const operation = defineChange<object, object, string>({
    kind: 'change',
    name: 'work',
    command: undefined,
    summary: '',
    usage: '',
    examples: [],
    role: 'operator',
    iam: [],
    approval: { kind: 'none' },
    args: z.object({}),
    parse: () => ({}),
    plan: async () => ({}),
    check: of.check ?? (async () => []),
    resources: () => [`i-${id}`],
    stages: () => ['Work'],
    story: of.story ?? (async () => 'result'),
    words: { planned: () => words, done: () => words },
    inverse: () => ({ label: 'Undo it', args: {} }),
    next: () => of.next ?? [],
  });
  const edit = async (_ref: MessageRef, post: Post) => {
    if (slack.away > 0) {
      slack.away--;
      throw new Transient('Slack is away');
    }
    posts.push(post);
  };
  const world = {
    operations: [operation],
    history,
    clouds: { at: () => ({}), platform: () => ({}) },
    log: silentLog,
    commandPrefix: '',
    randomText: (length: number) => `${id}${'x'.repeat(length)}`.slice(-length),
    clock: { now: () => 5_000, monotonic: () => 0, after: () => () => undefined, sleep: async () => undefined },
    settings: {
      current: () => ({
        roles: {
          viewer: { users: [], groups: [] },
          operator: { users: [], groups: [] },
          approver: { users: ['U2'], groups: [] },
        },
        channels: { alerts: 'C9' },
        limits: { executeWithinMs: 60_000 },
      }),
      onChange: () => undefined,
    },
    chat: {
      post: async (channel: string, post: Post) => (posts.push(post), { channel, ts: `${posts.length}` }),
      update: edit,
      tell: async () => ({ channel: 'D1', ts: '1' }),
    },
  } as unknown as World;
  const order: Order = {
    id,
    operation: 'work',
    args: {},
    plan: {},
    planHash: 'h',
    requester: 'U1',
    channel: 'C1',
    requestedAt: 1_000,
    approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 1e6 },
    ...(of.undoes === undefined ? {} : { undoes: of.undoes }),
    ...of.order,
  };
  const roles: Record<string, Role[]> = of.roles ?? { U1: ['operator'], U2: ['approver'] };
  const who = async (user: string): Promise<Known> => ({
    person: { id: user, teamId: 'T', name: user, isBot: false, isGuest: false, isDeleted: false, isExternal: false },
    roles: new Set(roles[user]),
  });
  const run = createRun({
    whyNotAct: async () => undefined,
    freeze: () => undefined,
    world,
    parts: createParts(world, () => operation),
    who,
    asking: async () => ({}) as Asking,
    incidents: {
      raise: async (_key, { report }) => void alarms.push(report),
      resolve: async () => undefined,
      silence: async () => undefined,
      careOf: async () => ({}),
      isOpen: async () => false,
      tried: async () => undefined,
    },
    sites: async () => [],
    automatic: { start: async (of) => (asked.push(of), of.id) },
  });
  const recorder = createRecorder();

  async function approved(): Promise<unknown> {
    await history.runs.create(order, words.summary);
    recorder.send('decision', { verdict: 'approved', by: 'U2', at: 2_000, planHash: 'h' });
    return recorder.run((durable) => run(durable, { order, limits: {}, place: { account: '1', region: 'r' } }));
  }
  const audit = async () => (await history.audit.list({ limit: 50, run: id })).map(({ kind }) => kind).toReversed();
  return { id, history, approved, posts, alarms, asked, slack, audit, last: () => posts.at(-2)! };
}

describe('a run that Deckhand asked by itself', () => {
  const order: Partial<Order> = { requester: 'deckhand', because: 'schedule nightly' };

  it('is approved by people like any other, whoever they are, and needs no role for Deckhand', async () => {
    const it = setting({ order, roles: { U2: ['approver'] } });

    expect(await it.approved()).toMatchObject({ state: 'done' });

    expect(JSON.stringify(it.posts[0])).toContain('Deckhand (schedule nightly)');
    expect((await it.history.audit.list({ limit: 9, run: it.id })).map(({ actor }) => actor)).toContain('deckhand');
    expect(it.alarms).toEqual([]);
  });

  it('posts nothing when it is quiet and well', async () => {
    const it = setting({ order: { ...order, quiet: true, approval: { kind: 'none' } } });

    expect(await it.approved()).toMatchObject({ state: 'done' });

    expect(it.posts).toEqual([]);
  });

  it('asks people aloud also when it is quiet', async () => {
    const it = setting({ order: { ...order, quiet: true } });

    await it.approved();

    expect(it.posts[0]?.message.buttons?.map(({ verb }) => verb)).toContain('approve');
  });

  it('tells its failure as one incident', async () => {
    const story = async () => Promise.reject(new Refusal('over-limit', 'no room'));
    const it = setting({ order: { ...order, quiet: true, approval: { kind: 'none' } }, story });

    expect(await it.approved()).toMatchObject({ state: 'undone' });

    expect(it.alarms).toMatchObject([{ title: 'Schedule nightly failed' }]);
    expect(it.posts).toEqual([]);
  });
});

describe('what follows a run', () => {
  const next: FollowUp[] = [{ key: 'retention', operation: 'cleanup', args: {}, because: 'retention of nightly' }];

  it('is asked by Deckhand itself once it is done, under an id of its own', async () => {
    const it = setting({ next });

    expect(await it.approved()).toMatchObject({ state: 'done' });

    expect(it.asked).toMatchObject([{ id: `${it.id}:retention`, operation: 'cleanup', channel: 'C1', quiet: true }]);
  });

  it('is not asked when it failed', async () => {
    const it = setting({ next, story: async () => Promise.reject(new Refusal('over-limit', 'no room')) });

    await it.approved();

    expect(it.asked).toEqual([]);
  });
});

describe('a run', () => {
  it('that is done stays done, however long Slack is away afterwards', async () => {
    const it = setting({ story: async () => ((it.slack.away = 20), 'result') });

    expect(await it.approved()).toMatchObject({ state: 'done' });

    expect((await it.history.runs.get(it.id))?.state).toBe('done');
    expect(await it.audit()).toEqual(['asked', 'started', 'done']);
    expect(it.last().message.buttons?.map(({ verb }) => verb)).toEqual(['undo']);
  });

  it('that undid another is done also when the other card cannot be edited', async () => {
    const first = setting();
    await first.approved();
    const undo = setting({ undoes: first.id, story: async () => ((undo.slack.away = 7), 'result') });

    expect(await undo.approved()).toMatchObject({ state: 'done' });
    expect((await first.history.runs.get(first.id))?.undoneBy).toBe(undo.id);
  });

  it('does nothing when somebody said no between the approval and the start', async () => {
    const it = setting();
    await it.history.runs.create(
      {
        id: it.id,
        operation: 'work',
        args: {},
        plan: {},
        planHash: 'h',
        requester: 'U1',
        channel: 'C1',
        requestedAt: 1_000,
        approval: null,
      },
      '',
    );
    await it.history.decisions.record({ run: it.id, verdict: 'denied', by: 'U3', planHash: 'h', at: 2_001 });

    expect(await it.approved()).toMatchObject({ state: 'changed', reason: 'It was denied before it started.' });
  });

  it.each([
    [
      'the person who asked lost their role',
      { U1: [], U2: ['approver'] as Role[] },
      /U1 no longer has the operator role/,
    ],
    [
      'the approver lost theirs',
      { U1: ['operator'] as Role[], U2: ['operator'] as Role[] },
      /U2 no longer has the approver role/,
    ],
  ])('does nothing when %s meanwhile', async (_who, roles, reason) => {
    expect(await setting({ roles }).approved()).toMatchObject({
      state: 'changed',
      reason: expect.stringMatching(reason),
    });
  });

  it('rides out a moment in which nobody can say whether the plan is still true', async () => {
    let looks = 0;
    const check = async () => {
      if (++looks < 7) throw new Transient('throttled');
      return [];
    };

    expect(await setting({ check }).approved()).toMatchObject({ state: 'done' });
  });

  it('ends on its card, with the reason, when it breaks before the work', async () => {
    const it = setting({ check: async () => Promise.reject(new Error('boom')) });

    expect(await it.approved()).toMatchObject({ state: 'undone', reason: expect.stringMatching(/boom/) });
    expect(it.last().message).toMatchObject({ title: expect.stringMatching(/nothing changed/), buttons: [] });
    expect(await it.history.claims.holders([`i-${it.id}`])).toEqual([]);
  });

  it('that cannot be put back raises the alarm before anything that needs Slack', async () => {
    const it = setting({
      story: async (story) => {
        story.undo(
          'put it back',
          async () => Promise.reject(new Refusal('conflict', 'still in use')),
          'aws ec2 put-it-back',
        );
        it.slack.away = 3;
        throw new Refusal('over-limit', 'no room');
      },
    });

    expect(await it.approved()).toMatchObject({ state: 'stuck', reason: 'no room' });
    expect(it.alarms[0]).toMatchObject({
      severity: 'critical',
      closable: true,
      detail: ['Could not put it back: still in use', [{ code: 'aws ec2 put-it-back' }]],
    });
    expect(JSON.stringify(it.last().message)).toContain('aws ec2 put-it-back');
  });
});
