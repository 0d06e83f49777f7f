import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import type { Words } from '#lib/words.ts';
import { InstanceId, VolumeId } from '#ports/ids.ts';

import { From, readFrom } from './from.ts';

/** Of the servers that are named: their data volumes, their root volumes, or both. */
const Disks = z.enum(['data', 'root', 'all']);
export type Disks = z.infer<typeof Disks>;

const Restore = z.object({
  kind: z.literal('restore'),
  selector: z.custom<Selector>((value) => typeof value === 'object' && value !== null && 'instances' in value),
  from: From,
  disks: Disks,
  /** The disks of one server may come from snapshots of different instants. */
  mixed: z.boolean(),
  /** MiB/s at which AWS fills each new volume; absent = lazily. */
  rate: z.number().optional(),
  /** Servers at work at once; absent = as the settings say. */
  atOnce: z.number().optional(),
  /** Servers that may fail before the rest is left alone, `10%` or `3`; absent = as the settings say. */
  failures: z.string().optional(),
});
export type Restore = z.infer<typeof Restore>;

/** The undo of a restore: the volumes that were replaced come back. */
const PutBack = z.object({
  kind: z.literal('put-back'),
  servers: z.array(
    z.object({
      instance: InstanceId,
      swaps: z.array(z.object({ device: z.string(), deleteOnTermination: z.boolean(), now: VolumeId, back: VolumeId })),
    }),
  ),
});
export type PutBack = z.infer<typeof PutBack>;
export type ServerPutBack = PutBack['servers'][number];

export const RestoreArgs = z.discriminatedUnion('kind', [Restore, PutBack]);
export type RestoreArgs = z.infer<typeof RestoreArgs>;

const example = '/restore env=prod role=db --from latest';
const withValue = ['from', 'rate', 'at-once', 'max-failures'];
const switches = ['root', 'all-disks', 'mixed'];

/** Reads `<selector> [--from …] [--root|--all-disks] …`. Throws Refusal "bad-input". */
export function parseRestore(words: Words): RestoreArgs {
  const unknown = Object.keys(words.flags).find((flag) => !withValue.includes(flag) && !switches.includes(flag));
  if (unknown !== undefined)
    throw new Refusal(
      'bad-input',
      `\`--${unknown}\` is no option of restore; there are ${[...withValue, ...switches].map((flag) => `\`--${flag}\``).join(', ')}. For example: \`${example}\`.`,
    );
  const { plain, from } = takeFrom(withSwitchedWords(words));
  const selector = readSelector(plain, example);
  if (selector.snapshots.length > 0)
    throw new Refusal(
      'bad-input',
      `Name the volume or server to restore, and the snapshot after \`--from\`: \`/restore vol-… --from ${selector.snapshots[0]}\`.`,
    );
  const { flags } = words;
  if (flags['root'] !== undefined && flags['all-disks'] !== undefined)
    throw new Refusal('bad-input', 'Say either `--root` (root volumes only) or `--all-disks` (root and data volumes).');
  const rate = readWhole(flags, 'rate', 100, 300, 'MiB/s');
  const atOnce = readWhole(flags, 'at-once', 1, 500, 'servers');
  const failures = readFailures(flags['max-failures']);
  return {
    kind: 'restore',
    selector,
    from: readFrom(from),
    disks: flags['root'] !== undefined ? 'root' : flags['all-disks'] !== undefined ? 'all' : 'data',
    mixed: flags['mixed'] !== undefined,
    ...(rate === undefined ? {} : { rate }),
    ...(atOnce === undefined ? {} : { atOnce }),
    ...(failures === undefined ? {} : { failures }),
  };
}

/** `--root web-1`: the word after a switch is no value of it. */
function withSwitchedWords(words: Words): Words {
  const swallowed = switches.map((flag) => words.flags[flag] ?? '').filter((value) => value !== '');
  return { ...words, plain: [...words.plain, ...swallowed] };
}

/** `--from before 2026-…` arrives whole; without the flag, `from …` and `before …` are understood as well. */
function takeFrom(words: Words): { plain: readonly string[]; from: string } {
  if (words.flags['from'] !== undefined) return { plain: words.plain, from: words.flags['from'] };
  const at = words.plain.findIndex((word) => word === 'from' || word === 'before');
  if (at < 1) return { plain: words.plain, from: 'latest' };
  return {
    plain: words.plain.slice(0, at),
    from: words.plain.slice(words.plain[at] === 'from' ? at + 1 : at).join(' '),
  };
}

function readWhole(flags: Words['flags'], name: string, least: number, most: number, unit: string): number | undefined {
  const text = flags[name];
  if (text === undefined) return undefined;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Refusal(
    'bad-input',
    `\`--${name} ${text.slice(0, 40)}\` is not understood: write a whole number from ${least} to ${most} (${unit}), for example \`--${name} ${least}\`.`,
  );
}

function readFailures(text: string | undefined): string | undefined {
  if (text === undefined || /^(?:\d{1,3}|\d{1,2}%|100%)$/.test(text)) return text;
  throw new Refusal(
    'bad-input',
    `\`--max-failures ${text.slice(0, 40)}\` is not understood: write a number of servers or a share of them, for example \`--max-failures 3\` or \`--max-failures 5%\`.`,
  );
}
