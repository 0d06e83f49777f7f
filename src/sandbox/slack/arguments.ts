import { ApiRefusal, badArgument } from './refusal.ts';

/** What a call was given; forms carry everything as strings, nested values as JSON inside. */
export type Arguments = {
  has: (name: string) => boolean;
  /** Throws ApiRefusal "invalid_arguments" when it is missing or empty. */
  text: (name: string) => string;
  optional: (name: string) => string | undefined;
  flag: (name: string) => boolean;
  /** A whole number from 1 to `most`; `standard` when it was not given. */
  count: (name: string, standard: number, most: number) => number;
  /** An object or list. Throws ApiRefusal with `code` when it is no JSON. */
  json: (name: string, code: string) => unknown;
  raw: Readonly<Record<string, unknown>>;
};

export function createArguments(raw: Readonly<Record<string, unknown>>): Arguments {
  const given = (name: string): unknown => (raw[name] === null || raw[name] === '' ? undefined : raw[name]);
  const optional = (name: string): string | undefined => {
    const value = given(name);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw badArgument('must be a string', `/${name}`);
  };
  return {
    raw,
    has: (name) => given(name) !== undefined,
    optional,
    text: (name) => {
      const value = optional(name);
      if (value === undefined) throw badArgument(`missing required field: ${name}`);
      return value;
    },
    flag: (name) => [true, 1, 'true', '1'].some((yes) => yes === given(name)),
    count: (name, standard, most) => {
      const value = Number(given(name) ?? standard);
      if (!Number.isInteger(value) || value < 1) throw new ApiRefusal('invalid_limit');
      return Math.min(value, most);
    },
    json: (name, code) => {
      const value = given(name);
      if (typeof value !== 'string') return value;
      try {
        return JSON.parse(value) as unknown;
      } catch {
        throw new ApiRefusal(code);
      }
    },
  };
}

/** One page of a list, and the cursor of the next. Cursors are opaque and belong to the method that made them. */
export function paginate<T>(
  items: readonly T[],
  args: Arguments,
  { method, standard, most }: { method: string; standard: number; most: number },
): { page: readonly T[]; response_metadata: { next_cursor: string } } {
  const from = startOf(args.optional('cursor'), method);
  if (from > items.length) throw new ApiRefusal('invalid_cursor');
  const to = from + args.count('limit', standard, most);
  const next = to < items.length ? Buffer.from(`${method}:${to}`).toString('base64') : '';
  return { page: items.slice(from, to), response_metadata: { next_cursor: next } };
}

function startOf(cursor: string | undefined, method: string): number {
  if (cursor === undefined) return 0;
  const [name, at] = Buffer.from(cursor, 'base64').toString().split(':');
  const from = Number(at);
  if (name !== method || !Number.isInteger(from) || from < 1) throw new ApiRefusal('invalid_cursor');
  return from;
}
