import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

import type { CardRecord, Decision, AuditKind, IncidentRecord, PartState, RunState } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';

/** Both stores answer bigint as text. */
type BigInt = ColumnType<string, number, number>;
type MaybeBigInt = ColumnType<string | null, number | null, number | null>;
/** Written as JSON text, read as the value. */
type JsonText = ColumnType<Json, string, string>;

/** The tables of schema `ops`, made by migrations.ts. */
export type Tables = {
  'ops.run': {
    id: string;
    operation: string;
    order_json: JsonText;
    state: RunState;
    summary: string;
    result: ColumnType<Json, string | null, string | null>;
    reason: string | null;
    requested_at: BigInt;
    updated_at: BigInt;
    ended_at: MaybeBigInt;
    undone_by: string | null;
  };
  'ops.part': {
    run: string;
    key: string;
    nr: number;
    label: string;
    state: PartState;
    result: ColumnType<Json, string | null, string | null>;
    reason: string | null;
    failed_undo: JsonText;
    touched: Generated<boolean>;
    started_at: MaybeBigInt;
    ended_at: MaybeBigInt;
  };
  'ops.decision': { run: string; by_user: string; verdict: Decision['verdict']; plan_hash: string; at: BigInt };
  'ops.claim': { resource: string; run: string };
  'ops.intent': { run: string; key: string };
  'ops.card': {
    token: string;
    kind: CardRecord['kind'];
    subject: string;
    channel: string;
    ts: string | null;
    data: JsonText;
    created_at: BigInt;
    nr: GeneratedAlways<string>;
  };
  'ops.audit': {
    nr: GeneratedAlways<string>;
    key: string;
    at: BigInt;
    kind: AuditKind;
    actor: string;
    run: string | null;
    operation: string | null;
    channel: string | null;
    targets: JsonText;
    detail: string;
  };
  'ops.incident': {
    id: string;
    key: string;
    state: IncidentRecord['state'];
    started_at: BigInt;
    ended_at: MaybeBigInt;
    acknowledged_by: string | null;
    silenced_until: MaybeBigInt;
    channel: string;
    ts: string | null;
    token: string;
    report: JsonText;
    version: number;
    shown: number;
    updated_at: BigInt;
  };
  'ops.lease': { name: string; holder: string; token: BigInt; until: ColumnType<Date, Date, Date> };
  'ops.site_minute': { at: BigInt; writer: BigInt; data: JsonText };
  'ops.site_measure': { site: string; grain: 'h' | 'd'; at: BigInt; data: string };
  'ops.watch': { key: string; value: JsonText };
  'ops.slot': { key: string; at: ColumnType<Date, Date | undefined, Date> };
  'ops.replica': { executor_id: string; beat: ColumnType<Date, Date, Date> };
};
