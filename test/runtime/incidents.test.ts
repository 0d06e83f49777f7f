import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Transient } from '#errors.ts';
import type { Post } from '#ports/chat.ts';
import type { Report } from '#ports/incidents.ts';
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

const report = (title: string): Report => ({
  severity: 'critical',
  title,
  alert: title,
  facts: [],
  detail: [],
  remedies: [],
});
let nr = 0;

/** An incident book whose posts wait until they are let go. */
function book({ pictured = false } = {}) {
  const posts: Post[] = [];
  const edits: Post[] = [];
  const lines: unknown[] = [];
  const timers: { ms: number; act: () => void }[] = [];
  const waiting: (() => void)[] = [];
  const now = { at: 1_000_000 };
  const slack = { away: false, held: false, refusesFiles: false, files: 0 };
  const world = {
    history: createHistory(store),
    log: silentLog,
    randomText: (length: number) => `n${nr++}`.padEnd(length, 'x'),
    clock: {
      now: () => now.at,
      after: (ms: number, act: () => void) => {
        const timer = { ms, act };
        timers.push(timer);
        return () => void timers.splice(0, timers.length, ...timers.filter((one) => one !== timer));
      },
    },
    settings: createFakeSettings(),
    chat: {
      post: async (channel: string, post: Post, thread?: string) => {
        if (slack.away) throw new Transient('Slack does not answer.');
        if (slack.held) await new Promise<void>((resolve) => waiting.push(resolve));
        if (thread === undefined) posts.push(post);
        else lines.push(...post.message.sections.flatMap((one) => (one.kind === 'text' ? one.lines : [])));
        return { channel, ts: `${posts.length}.${nr++}` };
      },
      update: async (_ref: unknown, post: Post) => void edits.push(post),
      file: async () => {
        if (slack.refusesFiles) throw new Error('missing_scope');
        return { id: `F${++slack.files}` };
      },
    },
  } as unknown as World;
  const illustrated = {
    pictures: { draw: async () => ({ bytes: new Uint8Array([1]), alt: 'p50: last 80 ms.' }) },
    chartOf: () => (pictured ? ({ kind: 'bars', title: 't', unit: '', parts: [], bars: [] } as const) : undefined),
  };
  return {
    ...createIncidents(world, illustrated),
    posts,
    edits,
    lines,
    timers,
    waiting,
    slack,
    now,
    key: `site:s${nr++}`,
  };
}
const of = (title: string) => ({ channel: 'C1', startedAt: 1, report: report(title) });

const picturesOf = (post: Post | undefined) =>
  post?.message.sections.flatMap((section) => (section.kind === 'image' ? [section.file] : []));

describe('the picture of an incident', () => {
  it('comes after the words, stays over edits, and is drawn anew when it is over', async () => {
    const { raise, resolve, tried, posts, edits, key } = book({ pictured: true });

    await raise(key, of('down'));
    await expect.poll(() => picturesOf(edits.at(-1))).toEqual(['F1']);
    expect(picturesOf(posts[0])).toEqual([]);
    await raise(key, of('still down'));
    expect(picturesOf(edits.at(-1))).toEqual(['F1']);
    const { id } = (await store.history.incidents.latest(key))!;
    await tried(id, { key: 'r-1', line: 'By itself' });
    await resolve(key, { endedAt: 61_001, report: report('was down') });
    await expect.poll(() => picturesOf(edits.at(-1))).toEqual(['F2']);

    expect(edits.at(-1)?.message.alert).toBe('Resolved: was down');
    expect(posts).toHaveLength(1);
  });

  it('is left out where the upload is refused, and the words stand', async () => {
    const { raise, resolve, posts, edits, slack, key } = book({ pictured: true });
    slack.refusesFiles = true;

    await raise(key, of('down'));
    await resolve(key, { endedAt: 61_001, report: report('was down') });

    expect([...posts, ...edits].flatMap(picturesOf)).toEqual([]);
    expect(edits.at(-1)?.message.alert).toBe('Resolved: was down');
  });
});

describe('the thread of an incident about several sites', () => {
  const many = (
    nr: number,
    more: { note?: string; whole?: boolean } = { note: `Now ${nr} sites down`, whole: true },
  ) => ({
    ...of(`${nr} sites`),
    report: { ...report(`${nr} sites`), sites: Array.from({ length: nr }, (_, at) => `s${at}`) },
    ...more,
  });

  it('gets one line a minute, the newest of them, and what waits before the end is told', async () => {
    const { raise, resolve, lines, timers, now, key } = book();
    await raise(key, many(3, { note: 'Down' }));
    for (let nr = 4; nr < 20; nr++) await raise(key, many(nr));

    expect(lines).toEqual(['Down']);
    expect(timers).toMatchObject([{ ms: 60_000 }]);
    now.at += 60_000;
    timers[0]?.act();
    await expect.poll(() => lines).toEqual(['Down', 'Now 19 sites down']);
    for (let nr = 20; nr <= 50; nr++) await raise(key, many(nr));
    await resolve(key, { endedAt: 200_000, report: report('50 sites'), note: 'Up again' });

    expect(lines).toEqual(['Down', 'Now 19 sites down', 'Now 50 sites down', 'Up again']);
    expect(timers).toEqual([]);
  });

  it('needs no line that waits where the end says all of it', async () => {
    const { raise, resolve, lines, timers, key } = book();
    await raise(key, many(3, { note: 'Down' }));
    await raise(key, many(50));
    await raise(key, many(1));

    await resolve(key, { endedAt: 200_000, report: report('50 sites'), note: '50 sites are up again', whole: true });

    expect(lines).toEqual(['Down', '50 sites are up again']);
    expect(timers).toEqual([]);
  });

  it('says at once what people do, and what comes after a quiet minute', async () => {
    const { raise, amend, lines, timers, now, key } = book();
    await raise(key, many(3, { note: 'Down' }));
    await raise(key, many(4));
    await amend((await store.history.incidents.latest(key))!.id, { acknowledgedBy: 'U1' }, 'Mine');
    expect(lines).toEqual(['Down', 'Mine']);
    now.at += 120_000;
    await raise(key, many(5));
    expect(lines).toEqual(['Down', 'Mine', 'Now 5 sites down']);
    expect(timers).toEqual([]);
  });

  it('keeps nothing back when Deckhand stops', async () => {
    const { raise, close, lines, timers, key } = book();
    await raise(key, many(3, { note: 'Down' }));
    await raise(key, many(4));

    await close(1_000);
    await close(1_000);

    expect(lines).toEqual(['Down', 'Now 4 sites down']);
    expect(timers).toEqual([]);
  });

  it('is drawn anew with the line that tells of more of them', async () => {
    const { raise, edits, timers, now, key, slack } = book({ pictured: true });
    await raise(key, many(3, { note: 'Down' }));
    await expect.poll(() => picturesOf(edits.at(-1))).toEqual(['F1']);
    for (let nr = 4; nr <= 50; nr++) await raise(key, many(nr));
    expect(slack.files).toBe(1);

    now.at += 60_000;
    timers[0]?.act();

    await expect.poll(() => picturesOf(edits.at(-1))).toEqual(['F2']);
  });
});

describe('an incident', () => {
  it('is one message: posted once, edited when it changes, and final when it is over', async () => {
    const { raise, resolve, posts, edits, key } = book();

    await raise(key, of('down'));
    await raise(key, of('down'));
    await raise(key, of('still down'));
    await resolve(key, { endedAt: 61_001, report: report('was down') });

    expect(posts).toHaveLength(1);
    expect(edits.map(({ message }) => message.alert)).toEqual(['CRITICAL: still down', 'Resolved: was down']);
    expect(edits.at(-1)?.message.buttons).toEqual([]);
  });

  it('is posted once also when it is looked for while its first post is on the way', async () => {
    const { raise, flush, posts, waiting, slack, key } = book();
    slack.held = true;
    const raised = raise(key, of('down'));
    await expect.poll(() => waiting.length).toBe(1);

    const flushed = flush();
    slack.held = false;
    waiting.forEach((go) => go());
    await Promise.all([raised, flushed]);

    expect(posts).toHaveLength(1);
  });

  it('that waits for its turn in a storm is posted as it is by then, not as it was', async () => {
    const { raise, resolve, posts, edits, waiting, slack, key } = book();
    slack.held = true;
    const first = raise(`${key}-first`, of('first down'));
    await expect.poll(() => waiting.length).toBe(1);
    const second = raise(key, of('second down'));
    const state = async () => (await store.history.incidents.latest(key))?.state;
    await expect.poll(state).toBe('open');
    const over = resolve(key, { endedAt: 61_001, report: report('second was down') });
    await expect.poll(state).toBe('resolved');

    slack.held = false;
    waiting.forEach((go) => go());
    await Promise.all([first, second, over]);

    expect(posts.map(({ message }) => message.alert)).toEqual(['CRITICAL: first down', 'Resolved: second was down']);
    expect(edits).toEqual([]);
  });

  it('that takes in others counts as taken and silenced as they were, and says so once', async () => {
    const { raise, resolve, amend, careOf, posts, lines, now, key } = book();
    await raise(`${key}-own`, of('one down'));
    const { id } = (await store.history.incidents.open(`${key}-own`))!;
    await amend(id, { acknowledgedBy: 'U0ANA', assignedBy: 'U0BOB', silencedUntil: now.at + 1 }, 'Assigned.');
    const care = await careOf(`${key}-own`);
    expect(care).toEqual({ takenBy: 'U0ANA', assignedBy: 'U0BOB', silencedUntil: now.at + 1 });
    await resolve(`${key}-own`, { endedAt: now.at, report: report('together') });
    // Also once its own message has just ended, as after a crash.
    expect(await careOf(`${key}-own`)).toEqual(care);
    expect(await careOf(`${key}-other`)).toEqual({});

    await raise(key, { ...of('three down'), care: { ...care, silencedUntil: undefined }, note: 'Failing.' });
    await raise(key, { ...of('three down'), care: { ...care, silencedUntil: undefined }, note: 'Failing.' });
    expect(await store.history.incidents.open(key)).toMatchObject({
      acknowledgedBy: 'U0ANA',
      silencedUntil: undefined,
      version: 1,
      report: { assignedBy: 'U0BOB' },
    });
    expect(JSON.stringify(posts.at(-1)?.message)).toContain('Assigned to ');
    expect(JSON.stringify(lines.at(-1))).toMatch(/Failing\..*Counts as taken by .*U0ANA/);
    expect(lines.filter((line) => JSON.stringify(line).includes('Counts as'))).toHaveLength(1);

    // Somebody else has taken it since.
    await amend((await store.history.incidents.open(key))!.id, { acknowledgedBy: 'U0EVE' }, 'Taken.');
    await raise(key, { ...of('four down'), care });
    expect(await store.history.incidents.open(key)).toMatchObject({
      acknowledgedBy: 'U0EVE',
      silencedUntil: now.at + 1,
    });
    expect(lines.filter((line) => JSON.stringify(line).includes('Counts as'))).toHaveLength(1);
  });

  it('comes back in its old message within 15 minutes, in a new one later', async () => {
    const { raise, resolve, posts, now, key } = book();
    await raise(key, of('down'));
    await resolve(key, { endedAt: now.at, report: report('up') });
    now.at += 14 * 60_000;
    await raise(key, of('down again'));
    await resolve(key, { endedAt: now.at, report: report('up') });
    expect(posts).toHaveLength(1);

    now.at += 16 * 60_000;
    await raise(key, of('down once more'));

    expect(posts).toHaveLength(2);
  });
});

describe('the thread of an incident', () => {
  it('gets its lines when Slack is back, each once and in their order', async () => {
    const { raise, resolve, flush, posts, lines, slack, key } = book();
    slack.away = true;
    await raise(key, { ...of('down'), note: 'Down.' });
    await raise(key, { ...of('down: HTTP 503'), note: 'Now HTTP 503.' });
    await resolve(key, { endedAt: 2, report: report('up'), note: 'Up again.' });
    expect([posts, lines]).toEqual([[], []]);

    slack.away = false;
    await flush();
    await flush();

    expect(posts).toHaveLength(1);
    expect(lines).toEqual(['Down.', 'Now HTTP 503.', 'Up again.']);
  });

  it('does not get later what was kept quiet by a silence', async () => {
    const { raise, silence, flush, lines, now, key } = book();
    await raise(key, { ...of('down'), note: 'Down.' });
    await silence(key, now.at + 1_000);
    await raise(key, { ...of('down: HTTP 503'), note: 'Now HTTP 503.' });
    const before = lines.length;
    now.at += 2_000;
    await flush();

    expect(lines.slice(before)).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain('503');
  });
});
