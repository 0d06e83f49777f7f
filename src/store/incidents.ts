import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';

import type { History, IncidentRecord } from '#ports/history.ts';

import { stored } from './failures.ts';
import { fenced } from './leases.ts';
import type { Tables } from './tables.ts';
import { bound, json, maybeNumber, maybeText, text } from './values.ts';

export function createIncidents(db: Kysely<Tables>): History['incidents'] {
  const all = db.selectFrom('ops.incident').selectAll();
  return {
    save: (incident, fence) => stored(() => fenced(db, fence, (open) => save(open, incident)).catch(asTaken)),
    setShown: (id, { version, ts, channel }) =>
      stored(async () => {
        const place = { ...(ts === undefined ? {} : { ts }), ...(channel === undefined ? {} : { channel }) };
        await db
          .updateTable('ops.incident')
          .set({ ...place, shown: sql`greatest(shown, ${version}::integer)` })
          .where('id', '=', id)
          .execute();
      }),
    get: (id) => stored(async () => maybeIncident(await all.where('id', '=', id).executeTakeFirst())),
    open: (key) =>
      stored(async () =>
        maybeIncident(await all.where('key', '=', text(key)).where('state', '=', 'open').executeTakeFirst()),
      ),
    latest: (key) =>
      stored(async () => {
        const newest = all.where('key', '=', text(key)).orderBy('started_at', 'desc').orderBy('updated_at', 'desc');
        return maybeIncident(await newest.limit(1).executeTakeFirst());
      }),
    list: ({ limit, state, unshown = false, kinds }) =>
      stored(async () => {
        // What waits to be shown comes oldest first, so that nothing waits for ever.
        let query = all.orderBy('updated_at', unshown ? 'asc' : 'desc').limit(bound(limit));
        if (state !== undefined) query = query.where('state', '=', state);
        if (kinds !== undefined)
          query = query.where(sql<boolean>`split_part(key, ':', 1) = any(${[...kinds]}::text[])`);
        if (unshown) query = query.whereRef('shown', '<', 'version');
        return (await query.execute()).map(incidentOf);
      }),
  };
}

async function save(db: Kysely<Tables> | Transaction<Tables>, incident: IncidentRecord): Promise<boolean> {
  const row = {
    id: incident.id,
    key: text(incident.key),
    state: incident.state,
    started_at: incident.startedAt,
    ended_at: incident.endedAt ?? null,
    acknowledged_by: maybeText(incident.acknowledgedBy),
    silenced_until: incident.silencedUntil ?? null,
    channel: incident.channel,
    ts: maybeText(incident.ts),
    token: incident.token,
    report: json(incident.report),
    version: incident.version,
    shown: incident.shown,
    updated_at: incident.updatedAt,
  };
  const { id: _id, ...change } = row;
  const saved = await db
    .insertInto('ops.incident')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('id')
        .doUpdateSet((was) => ({
          ...change,
          // What was shown meanwhile is known better by the store than by the caller's older copy.
          ts: was.fn.coalesce('ops.incident.ts', 'excluded.ts'),
          shown: sql`greatest(ops.incident.shown, excluded.shown)`,
        }))
        .where('ops.incident.version', '=', incident.version - 1),
    )
    .returning('id')
    .execute();
  return saved.length === 1;
}

/** Another incident of this key is open: somebody was faster. */
function asTaken(error: unknown): false {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  if (code === '23505' && constraint === 'incident_open') return false;
  throw error;
}

function maybeIncident(row: Selectable<Tables['ops.incident']> | undefined): IncidentRecord | undefined {
  return row === undefined ? undefined : incidentOf(row);
}

function incidentOf(row: Selectable<Tables['ops.incident']>): IncidentRecord {
  const { id, key, state, channel, token, report, version, shown } = row;
  return {
    id,
    key,
    state,
    channel,
    token,
    report,
    version,
    shown,
    startedAt: Number(row.started_at),
    endedAt: maybeNumber(row.ended_at),
    acknowledgedBy: row.acknowledged_by ?? undefined,
    silencedUntil: maybeNumber(row.silenced_until),
    ts: row.ts ?? undefined,
    updatedAt: Number(row.updated_at),
  };
}
