import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Post } from '#ports/chat.ts';
import type { History } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import { createIncidents } from '#runtime/incidents.ts';
import type { World } from '#runtime/world.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const report: Report = { severity: 'critical', title: 't', alert: 'shop is down', facts: [], detail: [], remedies: [] };
const raised = { channel: 'C1', startedAt: 1, report, note: 'Down.' };

/**
 * A process that dies at its `dieAt`-th call of the store or of Slack: just before it, or when it was done but not yet
 * answered. Whatever it calls afterwards never happens.
 */
function aProcess(posts: Post[], dieAt = Infinity, side: 'before' | 'after' = 'before', lines: Post[] = []) {
  const calls: string[] = [];
  let dead = false;
  async function call<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (!dead) calls.push(name);
    const dies = calls.length === dieAt;
    if (dead || (dies && side === 'before')) {
      dead = true;
      return new Promise(() => {});
    }
    const answer = await act();
    dead ||= dies;
    return dies ? new Promise(() => {}) : answer;
  }
  const world = {
    history: watched(store.history, call),
    log: silentLog,
    randomText: (length: number) => Math.random().toString(36).slice(2).padEnd(length, 'x').slice(0, length),
    clock: { now: () => 1_000_000, after: () => () => undefined },
    settings: createFakeSettings(),
    chat: {
      post: (channel: string, post: Post, thread?: string) =>
        call('chat.post', async () => {
          (thread === undefined ? posts : lines).push(post);
          return { channel, ts: `${posts.length}.0` };
        }),
      update: () => call('chat.update', async () => {}),
    },
  } as unknown as World;
  return { incidents: createIncidents(world), calls };
}

function watched(history: History, call: <T>(name: string, act: () => Promise<T>) => Promise<T>): History {
  const parts = Object.entries(history).map(([part, methods]) => [
    part,
    Object.fromEntries(
      Object.entries(methods).map(([name, method]) => [
        name,
        (...args: unknown[]) =>
          call(`${part}.${name}`, () => (method as (...args: unknown[]) => Promise<unknown>)(...args)),
      ]),
    ),
  ]);
  return Object.fromEntries(parts) as History;
}

/** The process is dead when it has done nothing for a while of turns of the event loop. */
async function run(act: Promise<void>): Promise<void> {
  async function quiet(): Promise<void> {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.race([act, quiet()]);
}

describe('a process that dies while it tells an incident', () => {
  it('leaves one message, wherever it dies but in the moment between the post and its record', async () => {
    const { incidents, calls } = aProcess([]);
    await incidents.raise('site:whole', raised);
    expect(calls).toContain('chat.post');

    const others: string[] = [];
    for (const side of ['before', 'after'] as const) {
      for (let dieAt = 1; dieAt <= calls.length; dieAt++) {
        const posts: Post[] = [];
        const key = `site:${side}-${dieAt}`;
        const dying = aProcess(posts, dieAt, side);
        await run(dying.incidents.raise(key, raised));
        // What the embedded store does at the next start: the dead process' rights are over.
        await store.pool.query('update ops.lease set until = clock_timestamp()');
        const next = aProcess(posts);
        await next.incidents.flush();
        await next.incidents.raise(key, raised);
        await next.incidents.flush();

        if (posts.length !== 1) others.push(`${posts.length} when it died ${side} ${dying.calls.at(-1)}`);
      }
    }

    expect(others).toEqual(['2 when it died before cards.setTs', '2 when it died after chat.post']);
  });

  it('leaves one line in its thread, and none only when it dies right before it is posted', async () => {
    const { incidents, calls } = aProcess([]);
    await incidents.raise('site:lines', raised);

    const others: string[] = [];
    for (const side of ['before', 'after'] as const) {
      for (let dieAt = 1; dieAt <= calls.length; dieAt++) {
        const [posts, lines]: [Post[], Post[]] = [[], []];
        const key = `site:line-${side}-${dieAt}`;
        const dying = aProcess(posts, dieAt, side, lines);
        await run(dying.incidents.raise(key, raised));
        await store.pool.query('update ops.lease set until = clock_timestamp()');
        const next = aProcess(posts, Infinity, 'before', lines);
        await next.incidents.flush();
        await next.incidents.raise(key, raised);
        await next.incidents.flush();
        await next.incidents.flush();

        if (lines.length !== 1) others.push(`${lines.length} when it died ${side} ${dying.calls.at(-1)}`);
      }
    }

    expect(others).toEqual(['0 when it died before chat.post', '0 when it died after intents.begin']);
  });
});
