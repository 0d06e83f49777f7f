import { isTransient } from '#errors.ts';
import type { Json } from '#ports/json.ts';

/** An error as it is recorded: what survives any storage. */
export type ToldError = {
  name: string;
  message: string;
  /** Own fields, `code` among them. */
  fields: { readonly [key: string]: Json };
  cause?: ToldError;
};

/** Fields larger than this (as JSON) are left out: a record is no place for a vendor's whole response. */
const largestField = 50_000;
const deepestCause = 3;

/** Reduces anything thrown to plain data. */
export function tell(error: unknown, depth = 0): ToldError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), fields: {} };
  const fields: Record<string, Json> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key === 'name' || key === 'message' || key === 'stack' || key === 'cause') continue;
    const plain = plainOf(value);
    if (plain !== undefined) fields[key] = plain;
  }
  const told = { name: error.name, message: error.message, fields };
  if (error.cause === undefined || depth === deepestCause) return told;
  return { ...told, cause: tell(error.cause, depth + 1) };
}

/**
 * The error of a record: `name`, `message`, own fields and `cause` as told, no class. Bodies get this one on the first
 * run already, so that they cannot take another branch on a replay.
 */
export function retell({ name, message, fields, cause }: ToldError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: retell(cause) });
  Object.defineProperty(error, 'name', { value: name, enumerable: false, writable: true, configurable: true });
  return Object.assign(error, fields);
}

function plainOf(value: unknown): Json | undefined {
  try {
    const text: string | undefined = JSON.stringify(value);
    return text === undefined || text.length > largestField ? undefined : (JSON.parse(text) as Json);
  } catch {
    return undefined; // circular, or a bigint: not data
  }
}

type EngineFields = { dbosErrorCode?: unknown; workflowID?: unknown };

/** DBOS marks its own errors with a number; classes are lost in storage. */
export function engineCode(error: unknown): number | undefined {
  const { dbosErrorCode } = (error ?? {}) as EngineFields;
  return typeof dbosErrorCode === 'number' ? dbosErrorCode : undefined;
}

/** Codes of DBOS' errors that we branch on; DBOS exports names for few of them (dist/src/error.js of 5.3.0). */
export const engineCodes = {
  notOwner: 5,
  unknownRun: 16,
  cancelled: 24,
  /** The recorded step has another name. */
  otherStep: 26,
  /** A step was recorded before, differently. */
  otherRecord: 37,
} as const;

/**
 * The engine's own "stop here": another process owns the run, it was cancelled, or its history does not fit the code.
 * None is a failure of the work. A child's or another run's cancellation is an ordinary failure.
 */
export function isStopOf(run: string, error: unknown): boolean {
  const code = engineCode(error);
  if (code === engineCodes.notOwner) return true;
  if (code !== engineCodes.cancelled && !isMismatch(error)) return false;
  return (error as EngineFields).workflowID === run;
}

/** The history does not fit the code: a person must look. */
export function isMismatch(error: unknown): boolean {
  const code = engineCode(error);
  return code === engineCodes.otherStep || code === engineCodes.otherRecord;
}

/** Tried again: Transient only, and never what the engine itself says. */
export function isWorthAnotherTry(error: unknown): boolean {
  return engineCode(error) === undefined && isTransient(error);
}
