import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { durationMs } from '#lib/duration.ts';
import type { RetentionRules } from '#lib/retention.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import type { Words } from '#lib/words.ts';
import { VolumeId } from '#ports/ids.ts';

/** Snapshots by rules that were typed or stand in deckhand.yml; disks kept for undo whose time is over; what runs left behind. */
export const CleanupArgs = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshots'),
    selector: z.custom<Selector>((value) => typeof value === 'object' && value !== null && 'all' in value),
    rules: z.custom<RetentionRules>((value) => typeof value === 'object' && value !== null && 'timezone' in value),
    /** Takes snapshots of Data Lifecycle Manager whose policy is gone for ours. */
    adopt: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('rule'), name: z.string() }),
  /** `only`: what Deckhand itself asks for after a notice. */
  z.object({ kind: z.literal('held'), only: z.array(VolumeId).optional() }),
  z.object({ kind: z.literal('orphans') }),
]);
export type CleanupArgs = z.infer<typeof CleanupArgs>;
export type SnapshotArgs = Extract<CleanupArgs, { kind: 'snapshots' }>;

const example = '/deck cleanup snapshots env=dev --older 30d --keep 7';
const options = ['older', 'keep', 'gfs', 'timezone', 'adopt-orphans'];

/**
 * Reads `snapshots <selector> --older 30d --keep 7 --gfs 7d,4w,12m,3y [--timezone …] [--adopt-orphans]`, `rule <name>`, `held`
 * or `orphans`. Throws Refusal "bad-input".
 */
export function parseCleanup(words: Words): CleanupArgs {
  const [kind, ...rest] = words.plain;
  switch (kind) {
    case 'snapshots':
      return parseSnapshots(rest, words.flags);
    case 'rule': {
      const [name, ...more] = rest;
      mustBeAlone(words.flags, more);
      if (name === undefined)
        throw new Refusal(
          'bad-input',
          'Name a rule that stands under `retention.rules` in deckhand.yml: `/deck cleanup rule nightly`.',
        );
      return { kind: 'rule', name };
    }
    case 'held':
    case 'orphans':
      mustBeAlone(words.flags, rest);
      return { kind };
    case undefined:
    default:
      throw new Refusal(
        'bad-input',
        `Say what to clean up: \`snapshots\`, \`rule\`, \`held\` or \`orphans\`. For example: \`${example}\`.`,
      );
  }
}

function parseSnapshots(plain: readonly string[], flags: Words['flags']): CleanupArgs {
  const unknown = Object.keys(flags).find((flag) => !options.includes(flag));
  if (unknown !== undefined)
    throw new Refusal(
      'bad-input',
      `\`--${unknown}\` is no option of cleanup; there are ${options.map((flag) => `\`--${flag}\``).join(', ')}. For example: \`${example}\`.`,
    );
  const { 'adopt-orphans': adopt } = flags;
  // It takes no value, so a word behind it belongs to the selector.
  const selector = readSelector(adopt === undefined || adopt === '' ? plain : [...plain, adopt], example);
  if (selector.snapshots.length > 0)
    throw new Refusal(
      'bad-input',
      `Rules work on the whole history of a disk, not on \`${selector.snapshots[0]}\` alone. Name servers, disks or tags. For example: \`${example}\`.`,
    );
  const rules = readRules(flags);
  if (rules.olderMs === undefined && rules.keep === undefined && rules.gfs === undefined)
    throw new Refusal(
      'bad-input',
      `Say what to keep: \`--older 30d\` keeps what is younger, \`--keep 7\` the newest 7 of each disk, \`--gfs 7d,4w,12m\` one of each day, week and month. For example: \`${example}\`.`,
    );
  return { kind: 'snapshots', selector, rules, adopt: adopt !== undefined };
}

function readRules({ older, keep, gfs, timezone }: Words['flags']): RetentionRules {
  return {
    timezone: timezone === undefined ? 'UTC' : readTimezone(timezone),
    ...(older === undefined ? {} : { olderMs: readAge(older) }),
    ...(keep === undefined ? {} : { keep: readCount(keep) }),
    ...(gfs === undefined ? {} : { gfs: readGfs(gfs) }),
  };
}

function readAge(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms < 3_600_000)
    throw new Refusal(
      'bad-input',
      `\`--older ${text.slice(0, 20)}\` is no age of at least an hour. Write for example \`--older 30d\`.`,
    );
  return ms;
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Refusal(
    'bad-input',
    `\`--keep ${text.slice(0, 20)}\` is no number from 1 on. Write for example \`--keep 7\`.`,
  );
}

const periods = { d: 'days', w: 'weeks', m: 'months', y: 'years' } as const;

function readGfs(text: string): NonNullable<RetentionRules['gfs']> {
  const found: { -readonly [key in (typeof periods)[keyof typeof periods]]?: number } = {};
  for (const part of text.split(/[,\s]+/)) {
    const [, number, unit] = /^([1-9]\d{0,3})([dwmy])$/.exec(part) ?? [];
    const period = periods[unit as keyof typeof periods];
    if (number === undefined || found[period] !== undefined)
      throw new Refusal(
        'bad-input',
        `\`--gfs ${text.slice(0, 40)}\` cannot be read. Write how many days, weeks, months and years keep one: \`--gfs 7d,4w,12m,3y\`.`,
      );
    found[period] = Number(number);
  }
  return found;
}

function readTimezone(text: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    throw new Refusal(
      'bad-input',
      `\`${text.slice(0, 40)}\` is no time zone. Write for example \`--timezone Europe/Berlin\`.`,
    );
  }
}

function mustBeAlone(flags: Words['flags'], rest: readonly string[]): void {
  const more = Object.keys(flags).map((flag) => `--${flag}`)[0] ?? rest[0];
  if (more !== undefined)
    throw new Refusal(
      'bad-input',
      `\`${more.slice(0, 40)}\` is not understood here. Leave it out, or see \`/deck help cleanup\`.`,
    );
}
