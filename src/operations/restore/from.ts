import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { SnapshotId } from '#ports/ids.ts';

/**
 * Which snapshot: a certain one, the newest completed, the newest completed before an instant, or those that one snapshot
 * run made.
 */
export const From = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('latest') }),
  z.object({ kind: z.literal('snapshot'), id: SnapshotId }),
  z.object({ kind: z.literal('before'), at: z.number() }),
  z.object({ kind: z.literal('ago'), ms: z.number() }),
  z.object({ kind: z.literal('set'), run: z.string() }),
]);
export type From = z.infer<typeof From>;

/** Reads what stands after `--from`. Throws Refusal "bad-input". */
export function readFrom(text: string): From {
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
  const set = /^(?:set\s+)?(r-\S*)$/.exec(trimmed);
  if (set !== null) return readSet(set[1]!);
  if (trimmed.startsWith('before ')) return readTime(trimmed.slice('before '.length).trim());
  throw new Refusal(
    'bad-input',
    `\`--from ${trimmed.slice(0, 60)}\` is not understood. Use \`--from latest\`, \`--from snap-…\`, \`--from before 2026-11-24 10:00\` (UTC) or \`--from set r-…\`.`,
  );
}

function readSet(run: string): From {
  if (/^r-[0-9a-z]{10}$/.test(run)) return { kind: 'set', run };
  throw new Refusal(
    'bad-input',
    `\`${run.slice(0, 40)}\` is no run id. They look like \`r-0123456789\` and stand on the cards of snapshots and in \`/deck runs\`.`,
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
