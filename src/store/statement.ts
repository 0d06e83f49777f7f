import type { PGlite, Results } from '@electric-sql/pglite';
import pg from 'pg';

/** One statement as node-postgres takes it: text and values, or one object. */
export type Statement = { text: string; values: readonly unknown[]; rowMode: 'array' | 'object' };

/** What node-postgres answers, as far as Kysely and DBOS read it. */
export type Answer = {
  command: string | null;
  rowCount: number | null;
  oid: null;
  fields: readonly { name: string; dataTypeID: number }[];
  rows: readonly unknown[];
};

export function readStatement(query: unknown, values: unknown): Statement {
  const of =
    typeof query === 'string' ? { text: query } : (query as { text: string; values?: unknown; rowMode?: string });
  const given = values ?? ('values' in of ? of.values : undefined);
  return {
    text: of.text,
    values: Array.isArray(given) ? given : [],
    rowMode: 'rowMode' in of && of.rowMode === 'array' ? 'array' : 'object',
  };
}

/** Without values the simple protocol, which takes several statements at once; several answers come as a list, as in node-postgres. */
export async function runStatement(
  db: PGlite,
  { text, values, rowMode }: Statement,
): Promise<Answer | readonly Answer[]> {
  if (values.length > 0) return answerOf(await db.query(text, values.map(parameter), { rowMode }));
  const results = await db.exec(text, { rowMode });
  const answers = results.map(answerOf);
  return answers.length === 1 && answers[0] !== undefined ? answers[0] : answers;
}

function answerOf(result: Results): Answer {
  return {
    command: result.command ?? null,
    rowCount: result.rowCount ?? null,
    oid: null,
    fields: result.fields,
    rows: result.rows,
  };
}

/** Objects go as JSON, as node-postgres sends them; lists, dates and bytes are left to PGlite, which knows the column's type. */
function parameter(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value) || value instanceof Date || value instanceof Uint8Array) return value;
  return JSON.stringify(value);
}

/** Makes PGlite read every type as node-postgres does: int8 as text, bytea as Buffer, and so on. */
export function readTypesAsPg(db: PGlite): void {
  const known = [...Object.keys(db.parsers).map(Number), ...Object.values(pg.types.builtins)];
  for (const oid of known) {
    if (Number.isInteger(oid)) db.parsers[oid] = pg.types.getTypeParser(oid, 'text') as (text: string) => unknown;
  }
}
