import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { AuditEntry, History } from '#ports/history.ts';
import { migrate, migrationNames } from '#store/migrations.ts';
import type { Store } from '#store/open.ts';
import { upkeep } from '#store/upkeep.ts';

const entry: AuditEntry = {
  key: 'once',
  at: 1,
  kind: 'asked',
  actor: 'U1',
  run: 'r-1',
  operation: 'tag',
  channel: 'C1',
  targets: [],
  detail: 'as written',
};

/** What the tables themselves promise, on both stores. */
export function migrationsSuite(open: () => Promise<Store & { history: History }>): void {
  describe('the tables', () => {
    let store: Store & { history: History };
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    it('refuse every change to the audit, whoever asks', async () => {
      await store.history.audit.append(entry);

      for (const change of [
        "update ops.audit set detail = 'never happened'",
        'delete from ops.audit',
        'truncate ops.audit',
        "insert into ops.audit (key, at, kind, actor, targets, detail) values ('once', 1, 'asked', 'U2', '[]', 'x') on conflict (key) do update set detail = 'x'",
      ])
        await expect(store.pool.query(change)).rejects.toThrow('append-only');

      expect(await store.history.audit.list({ limit: 10, run: 'r-1' })).toEqual([entry]);
    });

    it('come up to date once, also when several processes begin together', async () => {
      const again = Array.from({ length: 3 }, () => migrate(store.kysely as never));

      await expect(Promise.all(again)).resolves.toHaveLength(3);
      const { rows } = await store.pool.query('select name from ops.kysely_migration order by name');
      expect(rows.map(({ name }: { name: string }) => name)).toEqual(migrationNames);
    });

    it('lose by upkeep only what has served its time', async () => {
      const card = { subject: 's', channel: 'C1', ts: undefined, data: null };
      await store.history.cards.put({ ...card, token: 'old answer', kind: 'answer', createdAt: 1 });
      await store.history.cards.put({ ...card, token: 'new answer', kind: 'answer', createdAt: Date.now() });
      await store.history.cards.put({ ...card, token: 'old run', kind: 'run', createdAt: 1 });
      await store.history.slots.claim('old');
      await store.history.slots.claim('new');
      await store.pool.query("update ops.slot set at = now() - interval '31 days' where key = 'old'");

      await upkeep(store.pool, store.embedded);

      expect(await store.history.cards.get('old answer')).toBeUndefined();
      expect(await store.history.cards.get('new answer')).toBeDefined();
      expect(await store.history.cards.get('old run')).toBeDefined();
      const { rows } = await sql<{ key: string }>`select key from ops.slot`.execute(store.kysely);
      expect(rows).toEqual([{ key: 'new' }]);
    });

    it('made by a newer Deckhand are left alone', async () => {
      await store.pool.query(
        "insert into ops.kysely_migration (name, timestamp) values ('9999_future', '2099-01-01T00:00:00.000Z')",
      );

      await expect(migrate(store.kysely as never)).rejects.toMatchObject({
        name: 'Refusal',
        message: expect.stringContaining('newer Deckhand') as string,
      });
    });
  });
}
