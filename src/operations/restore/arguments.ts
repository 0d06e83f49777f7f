import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { readSelector } from '#lib/selector.ts';
import type { Words } from '#lib/words.ts';
import { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

/** Which snapshot: a certain one, the newest completed, or the newest completed before an instant. */
const From = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latest') }),
  z.object({ kind: z.literal('snapshot'), id: SnapshotId }),
  z.object({ kind: z.literal('before'), at: z.number() }),
  z.object({ kind: z.literal('ago'), ms: z.number() }),
]);
export type From = z.infer<typeof From>;

const Restore = z.object({
  kind: z.literal('restore'),
  target: z.union([
    z.object({ volume: VolumeId }),
    z.object({ instance: InstanceId }),
    z.object({ name: z.string() }),
    z.object({ tags: z.record(z.string(), z.string()) }),
  ]),
  from: From,
});
export type Restore = z.infer<typeof Restore>;

/** The undo of a restore: the volumes that were replaced come back. */
const PutBack = z.object({
  kind: z.literal('put-back'),
  instance: InstanceId,
  swaps: z.array(z.object({ device: z.string(), deleteOnTermination: z.boolean(), now: VolumeId, back: VolumeId })),
});
export type PutBack = z.infer<typeof PutBack>;

export const RestoreArgs = z.discriminatedUnion('kind', [Restore, PutBack]);
export type RestoreArgs = z.infer<typeof RestoreArgs>;

const example = '/restore vol-0123456789abcdef0 --from latest';

/** Reads `<volume or instance> [--from snap-…|latest|before <time>]`. Throws Refusal "bad-input". */
export function parseRestore(words: Words): RestoreArgs {
  const unknown = Object.keys(words.flags).find((flag) => flag !== 'from');
  if (unknown !== undefined)
    throw new Refusal(
      'bad-input',
      `\`--${unknown}\` is no option of restore; the only one is \`--from\`. For example: \`${example}\`.`,
    );
  const { plain, from } = takeFrom(words);
  const selector = readSelector(plain, example);
  if (selector.all)
    throw new Refusal(
      'bad-input',
      `A restore takes one volume or one server, not \`all\`. For example: \`${example}\`.`,
    );
  if (selector.snapshots.length > 0)
    throw new Refusal(
      'bad-input',
      `Name the volume or server to restore, and the snapshot after \`--from\`: \`/restore vol-… --from ${selector.snapshots[0]}\`.`,
    );
  const targets = [
    ...selector.volumes.map((volume) => ({ volume })),
    ...selector.instances.map((instance) => ({ instance })),
    ...selector.names.map((name) => ({ name })),
    ...(Object.keys(selector.tags).length > 0 ? [{ tags: selector.tags }] : []),
  ];
  if (targets.length > 1)
    throw new Refusal('bad-input', `A restore takes one volume or one server at a time. For example: \`${example}\`.`);
  return { kind: 'restore', target: targets[0]!, from: readFrom(from) };
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

function readFrom(text: string): From {
  const trimmed = text.trim();
  if (trimmed === 'latest') return { kind: 'latest' };
  if (trimmed.startsWith('snap-')) {
    const id = SnapshotId.safeParse(trimmed);
    if (id.success) return { kind: 'snapshot', id: id.data };
    throw new Refusal(
      'bad-input',
      `\`${trimmed.slice(0, 60)}\` is not a valid snapshot id: after \`snap-\` come 17 (or 8) of the characters 0-9 and a-f. Leave \`--from\` out to take the latest.`,
    );
  }
  if (trimmed.startsWith('before ')) return readTime(trimmed.slice('before '.length).trim());
  throw new Refusal(
    'bad-input',
    `\`--from ${trimmed.slice(0, 60)}\` is not understood. Use \`--from latest\`, \`--from snap-…\` or \`--from before 2026-11-24 10:00\` (UTC).`,
  );
}

const unitMs: Readonly<Record<string, number>> = {
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

function readTime(text: string): From {
  const age = /^(\d{1,4})\s?(min|m|h|d|w)(?: ago)?$/.exec(text);
  if (age !== null) return { kind: 'ago', ms: Number(age[1]) * unitMs[age[2]!]! };
  const date = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?)?\s?(Z|UTC)?$/.exec(text);
  const at = date === null ? Number.NaN : Date.parse(`${date[1]}T${date[2] ?? '00:00'}Z`);
  if (Number.isNaN(at))
    throw new Refusal(
      'bad-input',
      `\`${text.slice(0, 60)}\` is no time Deckhand can read. Write \`before 2026-11-24 10:00\` (UTC), or an age such as \`before 6h\`.`,
    );
  return { kind: 'before', at };
}
