import { z } from 'zod';

import { SettingsFile } from './schema.ts';

export type JsonSchema = {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  default?: unknown;
  description?: string;
  properties?: Readonly<Record<string, JsonSchema>>;
  propertyNames?: JsonSchema;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: readonly JsonSchema[];
};

/** JSON Schema (draft 7, the one editors' YAML plug-ins know) of deckhand.yml; published as deckhand.schema.json. */
export function settingsJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(SettingsFile, { io: 'input', target: 'draft-7' }) as JsonSchema;
  return Object.assign(schema, { title: 'deckhand.yml', description: 'Settings of Deckhand' });
}

/** The names of fields that may stand at a place; empty where names are free or there are none. */
export function fieldsAt(path: readonly PropertyKey[]): readonly string[] {
  return schemasAt(path).flatMap((schema) => [
    ...Object.keys(schema.properties ?? {}),
    ...(schema.propertyNames?.enum ?? []).filter((name) => typeof name === 'string'),
  ]);
}

/** Every field as people write it (`sites[].recover.every`), with what stands in the schema about it. */
export function everyField(): readonly { path: string; schema: JsonSchema }[] {
  return below('', settingsJsonSchema());
}

function below(path: string, schema: JsonSchema): { path: string; schema: JsonSchema }[] {
  const inside = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, schema: field }, ...below(at, field)];
  });
  const items = schema.items === undefined ? [] : below(`${path}[]`, schema.items);
  return [...inside, ...items];
}

/** Made once, when it is first needed. */
let whole: JsonSchema | undefined;

function schemasAt(path: readonly PropertyKey[]): readonly JsonSchema[] {
  whole ??= settingsJsonSchema();
  let here: readonly JsonSchema[] = [whole];
  for (const step of path) here = here.flatMap((schema) => alternatives(schema).flatMap((one) => next(one, step)));
  return here.flatMap(alternatives);
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return schema.anyOf ?? [schema];
}

function next(schema: JsonSchema, step: PropertyKey): readonly JsonSchema[] {
  if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
  const named = schema.properties?.[String(step)];
  if (named !== undefined) return [named];
  return typeof schema.additionalProperties === 'object' ? [schema.additionalProperties] : [];
}
