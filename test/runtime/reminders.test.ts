import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { Post } from '#ports/chat.ts';
import { givenUp, type Report } from '#ports/incidents.ts';
import { createIncidents } from '#runtime/incidents.ts';
import { createReminders } from '#runtime/reminders.ts';
import type { World } from '#runtime/world.ts';
import { createFakeSettings } from '#test/support/fake-settings.ts';
import { openTestStore, silentLog } from '#test/support/store.ts';

let store: Awaited<ReturnType<typeof openTestStore>>;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const minute = 60_000;
const report: Report = { severity: 'critical', title: 't', alert: 'shop is down', facts: [], detail: [], remedies: [] };
let nr = 0;

async function anOpenIncident(
  escalate: { channel?: string; group?: string } = {},
  severity: Report['severity'] = 'critical',
) {
  const now = { at: 1_000_000_000 };
  const startedAt = now.at;
  const posts: { channel: string; post: Post; thread: string | undefined }[] = [];
  const edits: Post[] = [];
  const settings = createFakeSettings({
    alerts: {
      reopenMs: 15 * minute,
      remindMs: [30 * minute, 120 * minute],
      escalate: { afterMs: 15 * minute, channel: escalate.channel, group: escalate.group },
    },
  });
  const world = {
    history: store.history,
    log: silentLog,
    randomText: (length: number) => `r${nr++}`.padEnd(length, 'x'),
    clock: { now: () => now.at, after: () => () => undefined },
    settings,
    chat: {
      post: async (channel: string, post: Post, thread?: string) => {
        posts.push({ channel, post, thread });
        return { channel, ts: `${nr++}.0` };
      },
      update: async (_ref: unknown, post: Post) => void edits.push(post),
      permalink: async () => 'https://slack.example.com/alert',
    },
  } as unknown as World;
  const incidents = createIncidents(world);
  const key = `site:r${nr++}`;
  await incidents.raise(key, { channel: 'C1', startedAt, report: { ...report, severity } });
  const record = (await store.history.incidents.open(key))!;
  const remind = createReminders(world);
  const later = async (ms: number) => {
    now.at = startedAt + ms;
    await remind();
    await remind();
  };
  const told = () =>
    posts.slice(1).map(({ channel, post, thread }) => [channel, thread === undefined, post.message.alert]);
  const end = () => incidents.resolve(key, { endedAt: now.at, report });
  return { incidents, record, later, told, posts, edits, now, end };
}

describe('an incident that nobody takes', () => {
  it('is reminded of in its thread, once at each time', async () => {
    const { later, told, end } = await anOpenIncident();
    await later(29 * minute);
    expect(told()).toEqual([]);

    await later(31 * minute);
    await later(60 * minute);
    await later(121 * minute);

    expect(told()).toEqual([
      ['C1', false, 'Nobody has taken it for 31 min: shop is down'],
      ['C1', false, 'Nobody has taken it for 2 h 1 min: shop is down'],
    ]);
    await end();
  });

  it('is reminded of once, when several times passed while Deckhand was away', async () => {
    const { later, told, end } = await anOpenIncident();

    await later(500 * minute);

    expect(told()).toHaveLength(1);
    await end();
  });

  it('is told further in another channel, with a call and a link, and there it ends too', async () => {
    const { later, told, posts, edits, end } = await anOpenIncident({ channel: 'C0ONCALL', group: 'S0ONCALL' });

    await later(16 * minute);

    expect(told()).toEqual([['C0ONCALL', true, 'Nobody has taken it: shop is down']]);
    expect(JSON.stringify(posts[1]?.post.message)).toContain('S0ONCALL');
    expect(JSON.stringify(posts[1]?.post.message)).toContain('https://slack.example.com/alert');
    await end();
    expect(edits.map(({ message }) => message.title)).toEqual(['Resolved · t', 'Resolved · t']);
  });

  it('is said to be taken also where people were called, once somebody has taken it', async () => {
    const { incidents, record, later, posts, edits } = await anOpenIncident({ channel: 'C0ONCALL', group: 'S0ONCALL' });
    await later(16 * minute);
    expect(posts[1]?.channel).toBe('C0ONCALL');

    await incidents.amend(record.id, { acknowledgedBy: 'U1' }, 'Taken.');

    const there = edits.find(({ message }) => message.title === 'Taken · t');
    expect(JSON.stringify(there)).toMatch(/"user":"U1".*https:\/\/slack.example.com\/alert/);
    expect(JSON.stringify(there)).not.toMatch(/S0ONCALL|nobody has taken/i);
  });

  it('calls a group in the thread, where there is no other channel', async () => {
    const { later, posts, end } = await anOpenIncident({ group: 'S0ONCALL' });

    await later(16 * minute);

    expect(posts.slice(1).map(({ channel, thread }) => [channel, thread !== undefined])).toEqual([['C1', true]]);
    expect(JSON.stringify(posts[1]?.post.message)).toContain('S0ONCALL');
    await end();
  });

  it.each([
    ['somebody has taken', { acknowledgedBy: 'U1' }],
    ['was assigned to somebody', { acknowledgedBy: 'U1', assignedBy: 'U2' }],
    ['is silenced', { silencedUntil: Number.MAX_SAFE_INTEGER }],
  ] as const)('but one that %s is left alone', async (_what, change) => {
    const { incidents, record, later, told, end } = await anOpenIncident({ channel: 'C0ONCALL' });
    await incidents.amend(record.id, change, 'changed');
    const before = told().length;

    await later(500 * minute);

    expect(told()).toHaveLength(before);
    await end();
  });

  it('keeps to whom it was assigned over every later report of the watcher', async () => {
    const { incidents, record, end } = await anOpenIncident();
    await incidents.amend(record.id, { acknowledgedBy: 'U1', assignedBy: 'U2' }, 'Assigned.');
    await incidents.raise(record.key, { channel: 'C1', startedAt: 0, report: { ...report, title: 'worse' } });

    expect(await store.history.incidents.get(record.id)).toMatchObject({
      acknowledgedBy: 'U1',
      report: { title: 'worse', assignedBy: 'U2' },
    });
    await end();
  });

  it('is reminded of and told further anew when it begins anew, whoever had taken it before', async () => {
    const { incidents, record, later, told, posts, edits, now, end } = await anOpenIncident({ channel: 'C0ONCALL' });
    await later(16 * minute);
    await incidents.amend(record.id, { acknowledgedBy: 'U1', assignedBy: 'U2' }, 'Assigned.');
    now.at += 4 * minute;
    await end();
    now.at += 14 * minute;
    const startedAt = now.at - minute;
    const before = posts.length;
    await incidents.raise(record.key, { channel: 'C1', startedAt, report, note: 'Down.' });

    expect((await store.history.incidents.get(record.id))?.acknowledgedBy).toBeUndefined();
    expect(JSON.stringify(edits.at(-1)?.message)).toMatch(
      /Taken by .*U1.* in the outage before; nobody has taken it now/,
    );
    expect(JSON.stringify(edits.at(-1)?.message.buttons)).toContain('Acknowledge');
    expect(JSON.stringify(posts.at(-1)?.post.message)).toMatch(/Down\..*Taken by .*U1.* in the outage before/);

    const began = startedAt - record.startedAt;
    await later(began + 14 * minute);
    expect(posts).toHaveLength(before + 1);
    await later(began + 16 * minute);
    await later(began + 31 * minute);
    expect(told().slice(before)).toEqual([
      ['C0ONCALL', true, 'Nobody has taken it: shop is down'],
      ['C1', false, 'Nobody has taken it for 31 min: shop is down'],
    ]);
    await incidents.raise(record.key, { channel: 'C1', startedAt, report: { ...report, title: 'worse' } });
    expect(JSON.stringify(edits.at(-1)?.message)).toContain('in the outage before');
    await end();
    expect(edits.map(({ message }) => message.title).slice(-2)).toEqual(['Resolved · t', 'Resolved · t']);
  });

  it('is told further at once, once, when Deckhand gives up, also where it is only a warning', async () => {
    const { incidents, record, later, told, posts, end } = await anOpenIncident(
      { channel: 'C0ONCALL', group: 'S0ONCALL' },
      'warning',
    );
    const line = 'By itself · gives up: two tries were no help. People must look now.';
    await incidents.tried(record.id, { key: 'a try', line: 'By itself · begins' });
    await later(minute);
    expect(told()).toEqual([['C1', false, 'shop is down']]);

    await incidents.tried(record.id, { key: givenUp, line });
    await later(2 * minute);
    await later(500 * minute);

    const [, , , called, ...more] = posts;
    expect([called?.channel, more]).toEqual(['C0ONCALL', []]);
    expect(JSON.stringify(called?.post.message)).toMatch(/S0ONCALL.*two tries were no help/);
    await end();
  });

  it('is told further to nobody, when Deckhand gives up a warning that somebody has taken', async () => {
    const { incidents, record, later, told, end } = await anOpenIncident({ channel: 'C0ONCALL' }, 'warning');
    await incidents.amend(record.id, { acknowledgedBy: 'U1' }, 'Taken.');
    await incidents.tried(record.id, { key: givenUp, line: 'By itself · gives up.' });
    const before = told().length;

    await later(500 * minute);

    expect(told()).toHaveLength(before);
    await end();
  });

  it('but a warning is left alone', async () => {
    const { later, told, end } = await anOpenIncident({ channel: 'C0ONCALL' }, 'warning');

    await later(500 * minute);

    expect(told()).toEqual([]);
    await end();
  });
});
