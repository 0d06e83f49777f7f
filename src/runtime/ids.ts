import { createHash } from 'node:crypto';

import type { RunId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';

/** Crockford base 32: no i, l, o, u, so a run id can be read out and typed. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** The run id of a request: the same request, delivered twice, has the same. 50 bits of SHA-256 of the chat's own id. */
export function runIdOf(requestId: string): RunId {
  const bytes = createHash('sha256').update(requestId).digest();
  const digits = Array.from({ length: 10 }, (_, at) => alphabet[bytes[at]! & 31]!);
  return `r-${digits.join('')}`;
}

/** SHA-256 (hex) of a plan in canonical JSON: keys sorted at every level, so equal plans have equal hashes. */
export function hashPlan(plan: Json): string {
  return createHash('sha256').update(canonical(plan)).digest('hex');
}

function canonical(value: Json | undefined): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${entries.join(',')}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
