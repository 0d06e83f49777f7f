import type { z } from 'zod';

import { distance } from '#lib/targets.ts';
import type { SiteFault } from '#ports/managed-sites.ts';

import { site } from './sites-schema.ts';

type Path = readonly PropertyKey[];
type Schema = z.core.$ZodType & { def: { type: string } };
/** What wraps a schema, or is inside of one, by the kind of it. Source: https://zod.dev/packages/core (def.type). */
type Def = {
  type: string;
  innerType?: Schema;
  in?: Schema;
  element?: Schema;
  valueType?: Schema;
  shape?: Readonly<Record<string, Schema>>;
};

/** What the schema of a site has at a path such as `expect`, 0, `json`; undefined where it has nothing. */
export function schemaAt(path: Path): Schema | undefined {
  let at: Schema | undefined = bare(site);
  for (const part of path) {
    const def: Def | undefined = at?.def;
    at = bare(def?.shape?.[String(part)] ?? def?.element ?? def?.valueType);
  }
  return at;
}

function bare(schema: Schema | undefined): Schema | undefined {
  const { innerType, in: before }: Def = schema?.def ?? { type: 'none' };
  const inside = innerType ?? before;
  return inside === undefined ? schema : bare(inside);
}

/** Names of the fields at a path; `any` where people name them (headers). */
export function keysAt(path: Path): readonly string[] | 'any' {
  const def: Def | undefined = schemaAt(path)?.def;
  return def?.type === 'record' ? 'any' : Object.keys(def?.shape ?? {});
}

/** `name` is no field at `path`; with the nearest that there is, or all. */
export function unknownField(path: Path, name: string): SiteFault {
  const [written, names] = [shownPath([...path, name]), keysAt(path)];
  const all = (names === 'any' ? [] : names).map((one) => shownPath([...path, one]));
  const near = all.filter((one) => distance(one.toLowerCase(), written.toLowerCase()) <= 2).slice(0, 3);
  const known = near.length > 0 ? near : all;
  const list = known.map((one) => `\`${one}\``).join(', ');
  const hint = near.length > 0 ? `Did you mean ${list}?` : all.length > 0 ? `There are: ${list}.` : 'Remove it.';
  return { field: written, message: `\`${written}\` is no field of a site. ${hint}` };
}

/** `expect[0].json`. */
export function shownPath(path: Path): string {
  return path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`))
    .join('');
}
