import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isTransient } from '#errors.ts';
import type { AuditEntry, CardRecord, History, IncidentRecord, Order } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

export type HistoryWorld = { history: History; close: () => Promise<void> };

/** Untrusted text at its worst: NUL, half an emoji, quotes, an array literal of Postgres. */
const nasty = 'a\0b \ud83d "quoted" \\ {x,"y"} ünï ☃ $1 NULL';

let nr = 0;
/** Ids of this test alone, so that tests share one store. */
function fresh(prefix: string): string {
  return `${prefix}-${++nr}`;
}
function orderOf(over: Partial<Order> = {}): Order {
  return {
    id: fresh('r'),
    operation: 'tag',
    args: { selector: 'i-1' },
    plan: { steps: [] },
    planHash: 'hash',
    requester: 'U1',
    channel: 'C1',
    requestedAt: 1_000,
    approval: { kind: 'none' },
    ...over,
  };
}
function entryOf(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    key: fresh('key'),
    at: 1_000,
    kind: 'asked',
    actor: 'U1',
    run: undefined,
    operation: undefined,
    channel: undefined,
    targets: [],
    detail: '',
    ...over,
  };
}
function cardOf(over: Partial<CardRecord> = {}): CardRecord {
  return {
    token: fresh('token'),
    kind: 'run',
    subject: fresh('r'),
    channel: 'C1',
    ts: undefined,
    data: null,
    createdAt: 1_000,
    ...over,
  };
}
function incidentOf(over: Partial<IncidentRecord> = {}): IncidentRecord {
  return {
    id: fresh('inc'),
    key: fresh('site:shop'),
    state: 'open',
    startedAt: 1_000,
    endedAt: undefined,
    acknowledgedBy: undefined,
    silencedUntil: undefined,
    channel: 'C1',
    ts: undefined,
    token: '',
    report: { title: 'down' },
    version: 1,
    shown: 0,
    updatedAt: 1_000,
    ...over,
  };
}

/** What any history promises (src/ports/history.ts). */
export function historySuite(open: () => Promise<HistoryWorld>): void {
  describe('a history', () => {
    let world: HistoryWorld;
    let history: History;

    beforeAll(async () => {
      world = await open();
      history = world.history;
    });
    afterAll(() => world.close());

    describe('runs', () => {
      it('gives an order back exactly as it was stored, key order and odd text included', async () => {
        const plan: Json = { z: 1, a: [1.5, -0.25, 1e21, null, nasty], 'key "b"': { deep: [true, false] } };
        const order = orderOf({ plan, undoes: 'r-0', incident: 'inc-0' });

        expect(await history.runs.create(order, `one ${nasty}`)).toBe(true);
        const run = await history.runs.get(order.id);

        expect(run).toEqual({
          order,
          state: 'waiting',
          summary: 'one ab \ufffd "quoted" \\ {x,"y"} ünï ☃ $1 NULL',
          result: undefined,
          reason: undefined,
          updatedAt: 1_000,
          endedAt: undefined,
          undoneBy: undefined,
        });
        expect(JSON.stringify(run?.order.plan)).toBe(JSON.stringify(plan));
      });

      it('creates a run once, whoever is faster', async () => {
        const order = orderOf();

        const created = await Promise.all(
          Array.from({ length: 5 }, (_, nr) => history.runs.create(order, `try ${nr}`)),
        );

        expect(created.filter(Boolean)).toHaveLength(1);
        expect(await history.runs.create(order, 'later')).toBe(false);
        expect(await history.runs.get('r-unknown')).toBeUndefined();
      });

      it('moves only from the states it was told, once', async () => {
        const order = orderOf();
        await history.runs.create(order, 'x');

        expect(await history.runs.move(order.id, ['running'], 'done', { at: 2 })).toBe(false);
        expect(await history.runs.move(order.id, [], 'done', { at: 2 })).toBe(false);
        const moved = await Promise.all(
          Array.from({ length: 5 }, () => history.runs.move(order.id, ['waiting'], 'running', { at: 2_000 })),
        );
        expect(moved.filter(Boolean)).toHaveLength(1);
        expect((await history.runs.get(order.id))?.endedAt).toBeUndefined();
        expect(
          await history.runs.move(order.id, ['waiting', 'running'], 'undone', {
            at: 3_000,
            reason: nasty,
            result: null,
          }),
        ).toBe(true);

        expect(await history.runs.get(order.id)).toMatchObject({
          state: 'undone',
          result: null,
          reason: expect.stringContaining('"quoted"') as string,
          updatedAt: 3_000,
          endedAt: 3_000,
        });
        expect(await history.runs.move('r-unknown', ['waiting'], 'done', { at: 2 })).toBe(false);
      });

      it('remembers what undid a run', async () => {
        const order = orderOf();
        await history.runs.create(order, 'x');

        await history.runs.markUndone(order.id, 'r-later');
        await history.runs.markUndone(order.id, 'r-later');

        expect((await history.runs.get(order.id))?.undoneBy).toBe('r-later');
      });

      it('lists the newest first, by state, operation and time, never more than asked', async () => {
        const operation = fresh('op');
        for (const requestedAt of [10, 30, 20]) await history.runs.create(orderOf({ operation, requestedAt }), 'x');
        const [newest] = await history.runs.recent({ limit: 1, operation });
        await history.runs.move(newest?.order.id ?? '', ['waiting'], 'running', { at: 40 });
        const times = async (query: Partial<Parameters<History['runs']['recent']>[0]>) =>
          (await history.runs.recent({ limit: 10, operation, ...query })).map((run) => run.order.requestedAt);

        expect(await times({})).toEqual([30, 20, 10]);
        expect(await times({ limit: 2 })).toEqual([30, 20]);
        expect(await times({ before: 30 })).toEqual([20, 10]);
        expect(await times({ states: ['waiting'] })).toEqual([20, 10]);
        expect(await times({ states: ['running', 'waiting'], limit: 1 })).toEqual([30]);
        expect(await times({ states: [] })).toEqual([]);
      });
    });

    it("records a person's first answer, and tells a second one how", async () => {
      const run = fresh('r');
      const approved = { run, by: 'U2', verdict: 'approved', planHash: 'h', at: 5 } as const;

      expect(await history.decisions.record(approved)).toEqual({ first: true, decision: approved });
      expect(await history.decisions.record({ ...approved, verdict: 'denied', at: 6 })).toEqual({
        first: false,
        decision: approved,
      });
      const denied = { ...approved, by: 'U1', verdict: 'denied', at: 7 } as const;
      expect(await history.decisions.record(denied)).toEqual({ first: true, decision: denied });

      expect(await history.decisions.list(run)).toEqual([approved, denied]);
      expect(await history.decisions.list('r-unknown')).toEqual([]);
    });

    describe('claims', () => {
      it('are taken all or not at all, name the holder, and end with the run', async () => {
        const [one, two, three, first, second] = [fresh('i'), fresh('i'), fresh('i'), fresh('r'), fresh('r')];

        expect(await history.claims.take(first, [one, two, one])).toEqual([]);
        expect(await history.claims.take(first, [two, one])).toEqual([]);
        expect(await history.claims.take(second, [three, two])).toEqual([{ resource: two, run: first }]);
        expect(await history.claims.holders([one, two, three, nasty])).toEqual([
          { resource: one, run: first },
          { resource: two, run: first },
        ]);
        await history.claims.release(first);

        expect(await history.claims.take(second, [three, two])).toEqual([]);
        expect(await history.claims.take(second, [])).toEqual([]);
        expect(await history.claims.holders([])).toEqual([]);
        await history.claims.release(second);
      });

      it('never have two holders, in 20 rounds of four runs that want the same in another order', async () => {
        for (let round = 0; round < 20; round++) {
          const resources = Array.from({ length: 6 }, () => fresh('i'));
          const runs = Array.from({ length: 4 }, () => fresh('r'));

          const taken = await Promise.all(
            runs.map((run, at) => history.claims.take(run, at % 2 === 0 ? resources : resources.toReversed())),
          );
          const winners = runs.filter((_, at) => taken[at]?.length === 0);
          const holders = await history.claims.holders(resources);

          expect(winners).toHaveLength(1);
          expect(holders.map(({ run }) => run)).toEqual(resources.map(() => winners[0]));
          await Promise.all(runs.map((run) => history.claims.release(run)));
        }
      });

      it('survive takers and releasers at the same time', async () => {
        const resources = Array.from({ length: 4 }, () => fresh('i'));
        let inside = 0;
        let most = 0;
        async function worker(): Promise<void> {
          const run = fresh('r');
          for (let round = 0; round < 10; round++) {
            if ((await history.claims.take(run, resources)).length > 0) continue;
            inside++;
            most = Math.max(most, inside);
            await history.claims.holders(resources);
            inside--;
            await history.claims.release(run);
          }
        }

        await Promise.all(Array.from({ length: 4 }, worker));

        expect(most).toBe(1);
        expect(await history.claims.holders(resources)).toEqual([]);
      });
    });

    it('says "first" once per run and key', async () => {
      const run = fresh('r');

      const begun = await Promise.all(Array.from({ length: 5 }, () => history.intents.begin(run, `create ${nasty}`)));

      expect(begun.toSorted()).toEqual(['again', 'again', 'again', 'again', 'first']);
      expect(await history.intents.begin(run, 'other')).toBe('first');
      expect(await history.intents.begin(fresh('r'), 'other')).toBe('first');
      await history.intents.forget(run, 'other');
      await history.intents.forget(run, 'other');
      expect(await history.intents.begin(run, 'other')).toBe('first');
    });

    it('finds cards by token and the newest of a subject; a repeated put does not forget the message', async () => {
      const card = cardOf({ data: { line: nasty } });
      await history.cards.put(card);
      expect(await history.cards.get(card.token)).toEqual(card);

      await history.cards.setTs(card.token, { channel: 'D9', ts: '1.2' });
      await history.cards.put({ ...card, channel: 'D9' });
      expect(await history.cards.get(card.token)).toEqual({ ...card, channel: 'D9', ts: '1.2' });

      const newer = cardOf({ subject: card.subject });
      await history.cards.put(newer);
      expect(await history.cards.of('run', card.subject)).toEqual(newer);
      expect(await history.cards.of('incident', card.subject)).toBeUndefined();
      expect(await history.cards.get('unknown')).toBeUndefined();
    });

    describe('audit', () => {
      it('writes an entry once per key and lists the newest first', async () => {
        const run = fresh('r');
        const actor = fresh('U');
        const first = entryOf({
          run,
          actor,
          at: 10,
          operation: 'tag',
          channel: 'C1',
          targets: ['i-1', 'vol-1'],
          detail: 'why',
        });
        const second = entryOf({ run, kind: 'done', at: 20 });
        const sameTime = entryOf({ actor, at: 10 });

        for (const entry of [first, second, sameTime, { ...first, detail: 'changed' }])
          await history.audit.append(entry);

        expect(await history.audit.list({ limit: 10, run })).toEqual([second, first]);
        expect(await history.audit.list({ limit: 1, run })).toEqual([second]);
        expect(await history.audit.list({ limit: 10, run, before: 20 })).toEqual([first]);
        expect(await history.audit.list({ limit: 10, actor })).toEqual([sameTime, first]);
        expect(await history.audit.list({ limit: 10, run, actor })).toEqual([first]);
      });

      it('takes any text', async () => {
        const entry = entryOf({ run: fresh('r'), detail: nasty, targets: [nasty] });

        await history.audit.append(entry);

        expect(await history.audit.list({ limit: 1, run: entry.run ?? '' })).toMatchObject([{ targets: [nasty] }]);
      });
    });

    describe('incidents', () => {
      it('change by version: the slower of two is told so', async () => {
        const incident = incidentOf({
          ts: '1.1',
          acknowledgedBy: 'U1',
          silencedUntil: 9_000,
          report: { title: nasty },
        });
        expect(await history.incidents.save(incident)).toBe(true);
        expect(await history.incidents.save(incident)).toBe(false);
        expect(await history.incidents.get(incident.id)).toEqual(incident);

        const saved = await Promise.all(
          ['one', 'two', 'three'].map((title) =>
            history.incidents.save({ ...incident, version: 2, report: { title } }),
          ),
        );

        expect(saved.filter(Boolean)).toHaveLength(1);
        expect(await history.incidents.save({ ...incident, version: 4 })).toBe(false);
        expect((await history.incidents.get(incident.id))?.version).toBe(2);
        expect(await history.incidents.get('inc-unknown')).toBeUndefined();
      });

      it('has one open incident per key, and reopens none beside it', async () => {
        const first = incidentOf();
        const rival = incidentOf({ key: first.key, startedAt: 2_000 });
        await history.incidents.save(first);

        expect(await history.incidents.save(rival)).toBe(false);
        expect(await history.incidents.save({ ...first, state: 'resolved', endedAt: 1_500, version: 2 })).toBe(true);
        expect(await history.incidents.open(first.key)).toBeUndefined();
        expect(await history.incidents.save(rival)).toBe(true);
        expect(await history.incidents.save({ ...first, state: 'open', version: 3 })).toBe(false);

        expect((await history.incidents.open(first.key))?.id).toBe(rival.id);
        expect((await history.incidents.latest(first.key))?.id).toBe(rival.id);
        expect(await history.incidents.latest('site:unknown')).toBeUndefined();
      });

      it('knows which card is behind, also when a change and a showing cross', async () => {
        const incident = incidentOf();
        const unshown = async () =>
          (await history.incidents.list({ limit: 100, unshown: true })).some(({ id }) => id === incident.id);
        await history.incidents.save(incident);
        expect(await unshown()).toBe(true);

        await history.incidents.setShown(incident.id, { version: 1, ts: '7.7', channel: 'C2' });
        expect(await unshown()).toBe(false);
        // Saved from a copy read before it was shown.
        await history.incidents.save({ ...incident, version: 2, channel: 'C2' });

        expect(await history.incidents.get(incident.id)).toMatchObject({
          ts: '7.7',
          channel: 'C2',
          shown: 1,
          version: 2,
        });
        expect(await unshown()).toBe(true);
        await history.incidents.setShown(incident.id, { version: 2 });
        await history.incidents.setShown(incident.id, { version: 1 });
        expect(await unshown()).toBe(false);
      });

      it('lists by state, the newest change first', async () => {
        const resolved = incidentOf({ state: 'resolved', endedAt: 5, updatedAt: 90_000_000_000_000 });
        const open = incidentOf({ updatedAt: 90_000_000_000_001 });
        await history.incidents.save(resolved);
        await history.incidents.save(open);

        expect(await history.incidents.list({ limit: 2 })).toEqual([open, resolved]);
        const other = incidentOf({ key: `certificate:${open.id}`, updatedAt: 90_000_000_000_002 });
        await history.incidents.save(other);
        expect(await history.incidents.list({ limit: 2, kinds: ['slow', open.key.split(':')[0]!] })).toEqual([
          open,
          resolved,
        ]);
        expect((await history.incidents.list({ limit: 1, state: 'resolved' })).map(({ id }) => id)).toEqual([
          resolved.id,
        ]);
      });
    });

    it("keeps the watchers' state by key, in batches", async () => {
      const many = new Map<string, Json>(Array.from({ length: 500 }, (_, nr) => [`site:s${nr}`, { nr, text: nasty }]));
      await history.watch.save(many);
      await history.watch.save(
        new Map<string, Json>([
          ['site:s7', null],
          ['health:i-1', [1]],
          ['site%', 'odd'],
        ]),
      );
      await history.watch.save(new Map());

      await history.watch.forget(['site:s0', 'site:unknown']);
      const sites = await history.watch.load('site:');

      expect(sites.size).toBe(499);
      expect(sites.get('site:s7')).toBeNull();
      expect(sites.get('site:s8')).toEqual({ nr: 8, text: nasty });
      expect(await history.watch.load('site%')).toEqual(new Map([['site%', 'odd']]));
      await history.watch.forget([]);
    });

    it('lets two writers save the same keys in opposite order', async () => {
      const keys = Array.from({ length: 50 }, (_, nr) => `both:${nr}`);

      for (let round = 0; round < 20; round++) {
        const batch = (of: string[]) => new Map<string, Json>(of.map((key) => [key, round]));
        await Promise.all([history.watch.save(batch(keys)), history.watch.save(batch(keys.toReversed()))]);
      }

      expect([...(await history.watch.load('both:')).values()]).toEqual(keys.map(() => 19));
    });

    describe('leases', () => {
      it('give a work to one of those who want it, and to another when it is over', async () => {
        const name = fresh('work');
        const taken = await Promise.all(
          Array.from({ length: 5 }, (_, nr) => history.leases.take(name, `r${nr}`, 60_000)),
        );
        const [fence] = taken.filter((one) => one !== undefined);

        expect(taken.filter((one) => one !== undefined)).toEqual([{ lease: name, token: 1 }]);
        expect(await history.leases.take(name, 'again', 60_000)).toBeUndefined();
        expect(await history.leases.renew(fence!, 60_000)).toBe(true);
        await history.leases.release(fence!);
        expect(await history.leases.take(name, 'next', 60_000)).toEqual({ lease: name, token: 2 });
        expect(await history.leases.renew(fence!, 60_000)).toBe(false);
        await history.leases.release(fence!);
        expect(await history.leases.take(name, 'third', 60_000)).toBeUndefined();
      });

      it('end by themselves', async () => {
        const name = fresh('work');
        await history.leases.take(name, 'dead', 1);

        await expect.poll(() => history.leases.take(name, 'heir', 60_000)).toEqual({ lease: name, token: 2 });
      });

      it('fence off what a replaced holder still writes', async () => {
        const name = fresh('work');
        const incident = incidentOf();
        const key = fresh('fenced');
        const old = (await history.leases.take(name, 'old', 60_000))!;
        await history.leases.release(old);
        const now = (await history.leases.take(name, 'new', 60_000))!;

        await expect(history.watch.save(new Map([[key, 'old']]), old)).rejects.toSatisfy(isTransient);
        await expect(history.incidents.save(incident, old)).rejects.toSatisfy(isTransient);
        await history.watch.save(new Map([[key, 'new']]), now);
        expect(await history.incidents.save(incident, now)).toBe(true);
        expect(await history.incidents.save(incidentOf({ key: incident.key }), now)).toBe(false);
        await expect(history.watch.forget([key], old)).rejects.toSatisfy(isTransient);

        expect(await history.watch.load(key)).toEqual(new Map([[key, 'new']]));
      });
    });

    it('gives a slot of a schedule to one caller', async () => {
      const key = fresh('digest');

      const claimed = await Promise.all(Array.from({ length: 5 }, () => history.slots.claim(key)));

      expect(claimed.filter(Boolean)).toHaveLength(1);
      expect(await history.slots.claim(key)).toBe(false);
    });
  });
}
