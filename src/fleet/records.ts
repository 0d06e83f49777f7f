import { z } from 'zod';

import type { Log } from '#ports/clock.ts';
import type { Fence, History } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

import { checks } from './diagnosis.ts';
import { relations } from './groups.ts';

const Trouble = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('impaired'), checks: z.array(z.enum(checks)).readonly() }),
  z.object({ kind: z.literal('stopped'), by: z.enum(['system', 'aws']), reason: z.string() }),
]);
/** `group`: in whose message; undefined: in its own. */
const Told = z.object({ mark: z.string(), sent: z.boolean(), group: z.string().optional() });
const HealthRecord = z.object({
  course: z.object({
    looks: z.string(),
    good: z.number(),
    open: z.boolean(),
    fresh: z.boolean().optional(),
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

/** What is kept of a message about several servers, as long as it is open. Plain JSON. */
const GroupRecord = z.object({
  bond: z.object({ by: z.enum(relations), what: z.string() }),
  topic: z.enum(['checks', 'events']),
  startedAt: z.number(),
  /** Servers that were in it and are well again, or gone; each counts once, however often it comes and goes. */
  gone: z.array(z.string()).readonly(),
  /** What people did with the own messages of those who joined it. */
  care: z
    .object({
      takenBy: z.string().optional(),
      assignedBy: z.string().optional(),
      silencedUntil: z.number().optional(),
    })
    .optional(),
});
export type GroupRecord = z.infer<typeof GroupRecord>;

type Changes = {
  records?: ReadonlyMap<string, HealthRecord | undefined>;
  groups?: ReadonlyMap<string, GroupRecord | undefined>;
};
export type Records = {
  load: () => Promise<{
    records: ReadonlyMap<string, HealthRecord>;
    groups: ReadonlyMap<string, GroupRecord>;
    running: ReadonlySet<string>;
  }>;
  /** Undefined forgets. One write for all that is kept, and then one for all that is forgotten. */
  save: (changes: Changes) => Promise<void>;
  saveRunning: (ids: ReadonlySet<string>) => Promise<void>;
};

/** In the store rather than in memory, as another replica may take over at any time. `fence`: the right to write. */
export function createRecords(
  world: { history: Pick<History, 'watch'>; fence?: (() => Fence | undefined) | undefined; log: Log },
  scope: string,
): Records {
  const { watch } = world.history;
  const prefix = `health${scope}:`;
  const groupPrefix = `health-group${scope}:`;
  const runningKey = `fleet${scope}:running`;
  const fence = () => world.fence?.();

  async function load() {
    const records = await read(prefix, HealthRecord);
    const groups = await read(groupPrefix, GroupRecord);
    const ids = z.array(z.string()).safeParse((await watch.load(runningKey)).get(runningKey));
    return { records, groups, running: new Set(ids.success ? ids.data : []) };
  }

  async function read<S extends z.ZodType>(of: string, schema: S): Promise<Map<string, z.output<S>>> {
    const rows = new Map<string, z.output<S>>();
    for (const [key, value] of await watch.load(of)) {
      const row = schema.safeParse(value);
      if (row.success) rows.set(key.slice(of.length), row.data);
      else world.log.warn({ key, issues: row.error.issues }, 'a stored health record cannot be read; it starts anew');
    }
    return rows;
  }

  async function save({ records = new Map(), groups = new Map() }: Changes): Promise<void> {
    const rows = [
      ...[...records].map(([id, record]) => [prefix + id, record] as const),
      ...[...groups].map(([name, row]) => [groupPrefix + name, row] as const),
    ];
    const kept = rows.flatMap(([key, row]) => (row === undefined ? [] : [[key, row satisfies Json] as const]));
    const gone = rows.flatMap(([key, row]) => (row === undefined ? [key] : []));
    if (kept.length > 0) await watch.save(new Map(kept), fence());
    if (gone.length > 0) await watch.forget(gone, fence());
  }

  return {
    load,
    save,
    saveRunning: (ids) => watch.save(new Map([[runningKey, [...ids]]]), fence()),
  };
}
