import { z } from 'zod';

import type { Cancel, Clock, Log, RandomText } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Look as Seen, Question, VantagePoint } from '#ports/vantage.ts';
import type { Probe } from '#ports/web.ts';

import { Job, Look } from './protocol.ts';
import { createQuestions } from './questions.ts';

/** Rows of the watchers' small state: who is there, what is asked, what was seen. */
const [here, asked, said] = ['vantage:here:', 'vantage:ask:', 'vantage:said:'];
/** One small read a second; four while somebody waits. */
const everyMs = 1_000;
const eagerMs = 250;
const beatMs = 10_000;
const goneMs = 35_000;
/** One that is gone for so long has another name now, as pods do. */
const forgetMs = 10 * 60_000;
/** A question that its asker did not clear away. */
const staleMs = 5 * 60_000;

const Beat = z.object({ beat: z.string() });
const Ask = Job.extend({ from: z.string() });

/**
 * The other replicas on the same store, which look when the one that watches asks. Ages are measured here, from the
 * moment that a row was first seen, so that clocks need not agree. Does nothing while `vantage.replicas` is off.
 */
export function createReplicas(world: {
  name: string;
  history: Pick<History, 'watch'>;
  settings: SettingsSource;
  look: (probe: Probe, canaries: readonly string[]) => Promise<Seen>;
  clock: Clock;
  randomText: RandomText;
  log: Log;
}) {
  const { name, clock, log, settings, randomText } = world;
  const { watch } = world.history;
  const questions = createQuestions({ clock, onOver: (id) => void quietly(clear(id)) });
  const others = new Map<string, { beat: string; seenAt: number | undefined; firstAt: number }>();
  const known = new Map<string, number>();
  let beatAt = -Infinity;
  let isIn = false;
  let stopped = false;
  let cancel: Cancel = () => {};
  let last: Promise<unknown> = Promise.resolve();

  function ask(of: { probe: Probe; canaries: readonly string[] }, lastsMs: number): Question {
    const id = randomText(22);
    const names = points().map((one) => one.name);
    const question = questions.begin(id, names, lastsMs);
    for (const one of points()) if (!one.here) questions.answer(id, one.name, { saw: 'nothing', why: 'missing' });
    const row = { ...of, canaries: [...of.canaries], id, from: name } as Json;
    if (points().some((one) => one.here)) {
      void quietly(watch.save(new Map([[`${asked}${id}`, row]])));
      schedule(eagerMs);
    }
    return question;
  }

  async function round(): Promise<void> {
    const wanted = settings.current().vantage.replicas;
    if (!wanted && isIn) await leave();
    if (!wanted) return;
    const now = clock.monotonic();
    if (now - beatAt >= beatMs) {
      await watch.save(new Map([[`${here}${name}`, { beat: randomText(8) }]]));
      beatAt = now;
      isIn = true;
    }
    const rows = await watch.load('vantage:');
    for (const [key, row] of rows) read(key, row);
    await tidy(rows);
  }

  function read(key: string, row: Json): void {
    if (key.startsWith(here)) return meet(key.slice(here.length), row);
    if (key.startsWith(said)) {
      const [id = '', from = ''] = key.slice(said.length).split(':', 2);
      const seen = Look.safeParse(row);
      if (seen.success) questions.answer(id, from, seen.data);
      return;
    }
    if (!key.startsWith(asked) || known.has(key)) return;
    known.set(key, clock.monotonic());
    const ask = Ask.safeParse(row);
    if (ask.success && ask.data.from !== name) void quietly(help(ask.data));
  }

  async function help({ id, probe, canaries }: z.output<typeof Ask>): Promise<void> {
    const seen = await world.look(probe as Probe, canaries); // of the same form
    await watch.save(new Map([[`${said}${id}:${name}`, seen as Json]]));
  }

  /** The first sight of a row says only that it was written some time. */
  function meet(from: string, row: Json): void {
    const read = Beat.safeParse(row);
    if (from === name || !read.success) return;
    const before = others.get(from);
    if (before?.beat === read.data.beat) return;
    const now = clock.now();
    others.set(from, { beat: read.data.beat, seenAt: before && now, firstAt: before?.firstAt ?? now });
  }

  async function tidy(rows: ReadonlyMap<string, Json>): Promise<void> {
    const now = clock.monotonic();
    for (const key of known.keys()) if (!rows.has(key)) known.delete(key);
    for (const key of rows.keys()) if (!key.startsWith(here) && !known.has(key)) known.set(key, now);
    const stale = [...known].filter(([, at]) => now - at > staleMs).map(([key]) => key);
    for (const from of others.keys()) {
      const { seenAt, firstAt } = others.get(from)!;
      if (!rows.has(`${here}${from}`)) others.delete(from);
      else if (clock.now() - (seenAt ?? firstAt) > forgetMs) stale.push(`${here}${from}`);
    }
    if (stale.length > 0) await watch.forget(stale);
  }

  async function clear(id: string): Promise<void> {
    const rows = await watch.load(`${said}${id}:`);
    await watch.forget([`${asked}${id}`, ...rows.keys()]);
  }

  async function leave(): Promise<void> {
    isIn = false;
    beatAt = -Infinity;
    others.clear();
    await watch.forget([`${here}${name}`]);
  }

  function points(): readonly VantagePoint[] {
    if (!settings.current().vantage.replicas) return [];
    return [...others].map(([one, { seenAt }]) => {
      const isHere = seenAt !== undefined && clock.now() - seenAt < goneMs;
      return { name: one, kind: 'replica', here: isHere, seenAt };
    });
  }

  function schedule(inMs: number): void {
    cancel();
    if (stopped) return;
    cancel = clock.after(inMs, () => {
      last = quietly(round()).finally(() => schedule(questions.ids().length > 0 ? eagerMs : everyMs));
    });
  }

  /** What fails is tried again with the next round; meanwhile nobody answers, and the verdict falls without. */
  async function quietly(what: Promise<unknown>): Promise<void> {
    await what.catch((error: unknown) => log.debug({ err: error }, 'the other replicas could not be reached'));
  }

  return {
    ask,
    points,
    start: () => schedule(0),
    async stop() {
      stopped = true;
      cancel();
      await last;
      if (isIn) await quietly(leave());
    },
  };
}
