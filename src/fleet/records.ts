import { z } from 'zod';

import type { Log } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

import { checks } from './diagnosis.ts';

const Trouble = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('impaired'), checks: z.array(z.enum(checks)).readonly() }),
  z.object({ kind: z.literal('stopped'), by: z.enum(['system', 'aws']), reason: z.string() }),
]);
const Told = z.object({ mark: z.string(), sent: z.boolean() });
const HealthRecord = z.object({
  course: z.object({
    bad: z.number(),
    good: z.number(),
    open: z.boolean(),
    trouble: Trouble.optional(),
    since: z.number().optional(),
    firstGoodAt: z.number().optional(),
  }),
  /** Looks in a row at which EC2 did not list it. */
  missing: z.number(),
  /** What people were told: of its checks, and of events that AWS plans. */
  checks: Told.optional(),
  events: Told.optional(),
});
/** What is kept of a server about which there is something to say; others have none. Plain JSON. */
export type HealthRecord = z.infer<typeof HealthRecord>;

export type Records = {
  load: () => Promise<{ records: ReadonlyMap<string, HealthRecord>; running: ReadonlySet<string> }>;
  /** Undefined forgets. One write for all. */
  save: (changes: ReadonlyMap<string, HealthRecord | undefined>) => Promise<void>;
  saveRunning: (ids: ReadonlySet<string>) => Promise<void>;
};

/** In the store rather than in memory, as every slot of the schedule may run in another replica. */
export function createRecords(world: { history: Pick<History, 'watch'>; log: Log }, scope: string): Records {
  const { watch } = world.history;
  const prefix = `health${scope}:`;
  const runningKey = `fleet${scope}:running`;

  async function load() {
    const records = new Map<string, HealthRecord>();
    for (const [key, value] of await watch.load(prefix)) {
      const read = HealthRecord.safeParse(value);
      if (read.success) records.set(key.slice(prefix.length), read.data);
      else world.log.warn({ key, issues: read.error.issues }, 'a stored health record cannot be read; it starts anew');
    }
    const ids = z.array(z.string()).safeParse((await watch.load(runningKey)).get(runningKey));
    return { records, running: new Set(ids.success ? ids.data : []) };
  }

  async function save(changes: ReadonlyMap<string, HealthRecord | undefined>): Promise<void> {
    const kept = [...changes].flatMap(([id, record]) =>
      record === undefined ? [] : [[`${prefix}${id}`, record satisfies Json] as const],
    );
    const gone = [...changes].flatMap(([id, record]) => (record === undefined ? [`${prefix}${id}`] : []));
    if (kept.length > 0) await watch.save(new Map(kept));
    if (gone.length > 0) await watch.forget(gone);
  }

  return {
    load,
    save,
    saveRunning: (ids) => watch.save(new Map([[runningKey, [...ids]]])),
  };
}
