import { existsSync, readFileSync } from 'node:fs';

import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { type KeptFile, openKeptFile } from '#sandbox/kept-file.ts';

import { type Kept, type Kind, perKind } from './model.ts';
import type { TokenUse } from './world.ts';

/**
 * What is written down: how the fleet was seeded, and every record that differs from the seed (null = removed). So the
 * file stays small whatever the size of the fleet.
 */
export type Saved = {
  seed: number;
  instances: number;
  startedAt: number;
  made: number;
  changed: { readonly [K in Kind]: ReadonlyMap<string, Kept[K] | null> };
  tokens: ReadonlyMap<string, TokenUse>;
  broken: readonly string[];
};

export type StateFile = KeptFile & { saved: Saved | undefined };

const records = z.array(
  z.tuple([z.string(), z.looseObject({ id: z.string(), tags: z.array(z.tuple([z.string(), z.string()])) }).nullable()]),
);
const SavedState = z.object({
  version: z.literal(1),
  seed: z.number(),
  instances: z.int(),
  startedAt: z.number(),
  made: z.int(),
  changed: z.object(perKind(() => records.default([]))),
  tokens: z.array(z.tuple([z.string(), z.object({ asked: z.string(), made: z.array(z.string()) })])),
  broken: z.array(z.string()),
});

/** Reads the file, if there is one. Throws Refusal "bad-input" when it is not what was written here. */
export function openStateFile(path: string | undefined, current: () => Saved): StateFile {
  const file = openKeptFile(path, () =>
    JSON.stringify({ version: 1, ...current() }, (_key, value: unknown) => (value instanceof Map ? [...value] : value)),
  );
  return { ...file, saved: path === undefined ? undefined : read(path) };
}

function read(path: string): Saved | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { changed, tokens, ...rest } = SavedState.parse(JSON.parse(readFileSync(path, 'utf8')));
    return {
      ...rest,
      tokens: new Map(tokens),
      changed: perKind((kind) => recordsOf(changed[kind])) as Saved['changed'],
    };
  } catch (error) {
    throw new Refusal(
      'bad-input',
      `The servers in ${path} cannot be read. Delete that file, or start with another --data-dir.`,
      {},
      { cause: error },
    );
  }
}

function recordsOf(entries: z.infer<typeof records>): Map<string, Kept[Kind] | null> {
  // Only we write them; the shape that is relied on before they are used was checked.
  return new Map(
    entries.map(([id, record]) => [
      id,
      record === null ? null : ({ ...record, tags: new Map(record.tags) } as unknown as Kept[Kind]),
    ]),
  );
}
