import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Post } from '#ports/chat.ts';
import type { Report } from '#ports/incidents.ts';
import { createAnswer } from '#runtime/answer.ts';
import type { Ask } from '#runtime/ask.ts';
import { createIncidentPress } from '#runtime/incident-press.ts';
import { createIncidents } from '#runtime/incidents.ts';
import type { World } from '#runtime/world.ts';
import { createHistory } from '#store/history.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const reboot = { label: 'Reboot…', operation: 'restart', line: 'i-1' };
const move = { label: 'Stop and start…', operation: 'restart', line: 'i-1 --migrate' };
const report = (...remedies: Report['remedies']): Report => ({
  severity: 'critical',
  title: 'web-1 is impaired',
  alert: 'web-1 is impaired',
  facts: [],
  detail: [],
  remedies,
});

/** An incident's card that somebody presses; `slow`: Slack shows it long before its answer arrives. */
async function shown(slow?: { go: Promise<void> }) {
  const posts: Post[] = [];
  const asked: string[] = [];
  const answers: string[] = [];
  const sleeps: (() => void)[] = [];
  let nr = 0;
  const world = {
    history: createHistory(store),
    log: silentLog,
    randomText: (length: number) => `${Math.random().toString(36).slice(2)}${nr++}`.padEnd(length, 'x'),
    clock: {
      now: () => 1_000_000,
      after: () => () => undefined,
      sleep: () => new Promise<void>((resolve) => sleeps.push(resolve)),
    },
    settings: createFakeSettings(),
    operations: [{ name: 'restart' }],
    chat: {
      post: async (channel: string, post: Post, thread?: string) => {
        if (thread === undefined) posts.push(post);
        if (thread === undefined) await slow?.go;
        return { channel, ts: thread === undefined ? '1.0' : `2.${nr++}` };
      },
      update: async (_ref: unknown, post: Post) => void posts.push(post),
      permalink: async () => 'https://acme.slack.com/archives/C1/p1',
    },
  } as unknown as World;
  const incidents = createIncidents(world);
  const ask = { ask: async (of: { ask: { words: unknown } }) => asked.push(JSON.stringify(of.ask.words)) > 0 };
  const needs = { world, ask: ask as unknown as Ask, incidents, who: async () => Promise.reject(new Error('nobody')) };
  const answer = createAnswer({
    ...needs,
    asking: undefined as never,
    incident: createIncidentPress({ ...needs, act: async () => undefined }),
  });
  const key = `ec2:${Math.random()}`;
  const raise = (...remedies: Report['remedies']) =>
    incidents.raise(key, { channel: 'C1', startedAt: 1, report: report(...remedies) });
  const press = (label: string, ts: string) => {
    const post = posts.find(({ message }) => message.buttons?.some((button) => button.label === label))!;
    const { verb, mark } = post.message.buttons!.find((button) => button.label === label)!;
    return answer({
      id: 'p',
      actor: { id: 'U1', name: 'riley', teamId: 'T1' },
      verb,
      token: post.token,
      channel: 'C1',
      ts,
      ...(mark === undefined ? {} : { mark }),
      isEphemeral: false,
      openForm: async () => false,
      answer: async ({ message }: Post) => void answers.push(message.alert),
      replace: async () => undefined,
    });
  };
  return { raise, press, posts, asked, answers, sleeps };
}

describe('a press on the card of an incident', () => {
  it('means what was pressed, though the card shows something else first by then', async () => {
    const { raise, press, asked } = await shown();
    await raise(reboot, move);
    await raise(move, reboot);

    await press('Reboot…', '1.0');

    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toContain('migrate');
  });

  it('that offers something no longer says so, and does nothing', async () => {
    const { raise, press, asked, answers } = await shown();
    await raise(reboot);
    await raise(move);

    await press('Reboot…', '1.0');

    expect(asked).toEqual([]);
    expect(answers[0]).toMatch(/no longer offered/);
  });

  it('waits until it is written down where the card stands', async () => {
    let go = () => undefined as void;
    const { raise, press, posts, asked, sleeps } = await shown({ go: new Promise((resolve) => (go = resolve)) });
    const raised = raise(reboot);
    await expect.poll(() => posts).toHaveLength(1);

    const pressed = press('Reboot…', '1.0');
    await expect.poll(() => sleeps).toHaveLength(1);
    go();
    await raised;
    sleeps[0]!();
    await pressed;

    expect(asked).toHaveLength(1);
  });

  it('on an older copy of the card decides nothing, and leads to the current one', async () => {
    const { raise, press, asked, answers } = await shown();
    await raise(reboot);

    await press('Reboot…', '0.9');

    expect(asked).toEqual([]);
    expect(answers[0]).toMatch(/not the current card/);
  });
});
