import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';

import { Refusal } from '#errors.ts';

/**
 * The tables of schema `ops`. JSON lives in `json` columns, which keep the text exactly as written (a plan's hash stays
 * true) and take every string that JSON can hold, unlike `jsonb`. Instants are epoch milliseconds.
 * A released migration never changes: add the next one.
 */
const migrations: Readonly<Record<string, Migration>> = {
  '0001_first': {
    up: async (db) => {
      await sql`
        create table ops.run (
          id text primary key, operation text not null, order_json json not null, state text not null,
          summary text not null, result json, reason text, requested_at bigint not null, updated_at bigint not null,
          ended_at bigint, undone_by text
        );
        create index run_newest on ops.run (requested_at desc, id desc);
        create index run_state on ops.run (state, requested_at desc);

        create table ops.decision (
          run text not null, by_user text not null, verdict text not null, plan_hash text not null, at bigint not null,
          primary key (run, by_user)
        );

        create table ops.claim (resource text primary key, run text not null);
        create index claim_run on ops.claim (run);

        create table ops.intent (run text not null, key text not null, primary key (run, key));

        create table ops.card (
          token text primary key, kind text not null, subject text not null, channel text not null, ts text,
          data json not null, created_at bigint not null, nr bigint generated always as identity
        );
        create index card_subject on ops.card (kind, subject, nr desc);

        create table ops.audit (
          nr bigint generated always as identity primary key, key text not null unique, at bigint not null,
          kind text not null, actor text not null, run text, operation text, channel text, targets json not null,
          detail text not null
        );
        create index audit_newest on ops.audit (at desc, nr desc);
        create index audit_run on ops.audit (run, at desc);
        create index audit_actor on ops.audit (actor, at desc);
        create function ops.refuse_change() returns trigger language plpgsql as $$
          begin raise exception 'the audit is append-only: % is refused', tg_op using errcode = 'restrict_violation'; end $$;
        create trigger audit_rows before update or delete on ops.audit for each row execute function ops.refuse_change();
        create trigger audit_table before truncate on ops.audit for each statement execute function ops.refuse_change();

        create table ops.incident (
          id text primary key, key text not null, state text not null, started_at bigint not null, ended_at bigint,
          acknowledged_by text, silenced_until bigint, channel text not null, ts text, token text not null,
          report json not null, version integer not null, shown integer not null, updated_at bigint not null
        );
        create unique index incident_open on ops.incident (key) where state = 'open';
        create index incident_key on ops.incident (key, started_at desc);
        create index incident_unshown on ops.incident (updated_at) where shown < version;
        create index incident_newest on ops.incident (updated_at desc);

        create table ops.watch (key text primary key, value json not null);

        create table ops.slot (key text primary key, at timestamptz not null default now());

        create table ops.replica (executor_id text primary key, beat timestamptz not null);
      `.execute(db);
    },
  },
  '0002_parts': {
    up: async (db) => {
      await sql`
        create table ops.part (
          run text not null, key text not null, nr integer not null, label text not null, state text not null,
          result json, reason text, failed_undo json not null, touched boolean not null default false, started_at bigint, ended_at bigint,
          primary key (run, key)
        );
      `.execute(db);
    },
  },
  '0003_leases': {
    up: async (db) => {
      await sql`create table ops.lease (
        name text primary key, holder text not null, token bigint not null, until timestamptz not null
      )`.execute(db);
    },
  },
  '0004_measures': {
    up: async (db) => {
      await sql`
        create table ops.site_minute (at bigint not null, writer bigint not null, data json not null, primary key (at, writer));
        create table ops.site_measure (
          site text not null, grain text not null, at bigint not null, data text not null, primary key (site, grain, at)
        );
        create index site_measure_at on ops.site_measure (grain, at);
      `.execute(db);
    },
  },
};

/** In the order in which they are applied. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** Brings the tables up to date; several processes may do so at once. Throws Refusal when a newer Deckhand was here. */
export async function migrate(db: Kysely<unknown>): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableSchema: 'ops',
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Error && error.message.includes('is missing'))
    throw new Refusal(
      'unsuitable',
      'This store was made by a newer Deckhand. Start that version, or restore the backup made before it.',
      {},
      { cause: error },
    );
  if ((error as { code?: unknown }).code === '42501')
    throw new Refusal(
      'unsuitable',
      'The database user may not create the schemas ops and dbos. Grant it: grant create on database NAME to USER.',
      {},
      { cause: error },
    );
  throw error instanceof Error ? error : new Error('the tables could not be brought up to date', { cause: error });
}
