import type { Json } from '#ports/json.ts';

/** Postgres text cannot hold the character NUL; half of a surrogate pair becomes the replacement character. */
export function text(value: string): string {
  return value.replaceAll('\0', '').toWellFormed();
}

export function maybeText(value: string | undefined): string | null {
  return value === undefined ? null : text(value);
}

export function json(value: Json): string {
  return JSON.stringify(value);
}

export function maybeNumber(value: string | null): number | undefined {
  return value === null ? undefined : Number(value);
}

/** Longest list any call answers, whatever was asked. */
const longest = 10_000;

export function bound(limit: number): number {
  return Math.max(1, Math.min(Math.trunc(limit), longest));
}
