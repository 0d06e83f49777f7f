import type { Kind } from './model.ts';
import { prefixes } from './model.ts';
import { invalid, malformed, missing } from './problems.ts';

/** The parameters of a request: `Filter.1.Name` and so on. */
export type Form = ReadonlyMap<string, string>;

/** Reads a query string or a form-encoded body; of a name that comes twice the last value counts. */
export function readForm(text: string): Form {
  return new Map(new URLSearchParams(text));
}

export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined || value === '') throw missing(name);
  return value;
}

/** Absent = false. Throws InvalidParameterValue for what is neither true nor false. */
export function flag(form: Form, name: string): boolean {
  const value = form.get(name)?.toLowerCase();
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(`Invalid value '${value}' for ${name}. Value must be true or false.`);
}

export function integer(form: Form, name: string): number | undefined {
  const value = form.get(name);
  if (value === undefined) return undefined;
  if (!/^-?\d{1,9}$/.test(value)) throw invalid(`Invalid integer value ${value} for ${name}`);
  return Number(value);
}

/** `InstanceId.1`, `InstanceId.2`, … in order. */
export function list(form: Form, name: string): string[] {
  return numbered(form, name)
    .filter(([, rest]) => rest === '')
    .map(([, , value]) => value);
}

/** `Filter.1.Name`, `Filter.1.Value.1`, … → one form for each number, without the beginning. */
export function groups(form: Form, name: string): Form[] {
  const found = new Map<number, Map<string, string>>();
  for (const [at, rest, value] of numbered(form, name)) {
    const group = found.get(at) ?? new Map<string, string>();
    group.set(rest, value);
    found.set(at, group);
  }
  return [...found.values()];
}

function numbered(form: Form, name: string): [at: number, rest: string, value: string][] {
  const found: [number, string, string][] = [];
  for (const [key, value] of form) {
    if (!key.startsWith(`${name}.`)) continue;
    const [at = '', ...rest] = key.slice(name.length + 1).split('.');
    if (/^\d+$/.test(at)) found.push([Number(at), rest.join('.'), value]);
  }
  return found.toSorted((one, other) => one[0] - other[0]);
}

/** The names of the parameters, each without what comes behind a number or a dot. */
export function rootsOf(form: Form): Set<string> {
  return new Set([...form.keys()].map((key) => key.split('.')[0] ?? ''));
}

const shapes = Object.fromEntries(
  Object.entries(prefixes).map(([kind, prefix]) => [kind, new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`)]),
) as Readonly<Record<Kind, RegExp>>;

/** Throws `…Malformed` for what cannot be an id of the kind. */
export function checkIds(kind: Kind, ids: readonly string[]): void {
  const bad = ids.find((id) => !shapes[kind].test(id));
  if (bad !== undefined) throw malformed(kind, bad);
}

/** Which kind of thing an id names, by its prefix. */
export function kindOf(id: string): Kind | undefined {
  const prefix = id.slice(0, Math.max(0, id.indexOf('-')));
  return (Object.keys(prefixes) as Kind[]).find((kind) => prefixes[kind] === prefix);
}
