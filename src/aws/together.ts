import { isRefusal, type Refusal } from '#errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { Lane } from '#ports/clouds.ts';

import type { Caller, Send } from './caller.ts';
import { chunks } from './filters.ts';
import type { Action } from './limits.ts';

/** A call that several callers can make as one, each naming its own things. */
export type Shared = {
  action: Action;
  /** Ids in one call at most. */
  most: number;
  /** What else must be equal, such as the tags to set. */
  like?: string;
  /** As in `Call`. */
  plain?: boolean;
  countsInstances?: boolean;
};

/**
 * Makes one call for all who ask for the same within a moment, or while that call waits for its token; more ids than fit
 * are several calls, one after another, and none for no ids. Every caller gets the whole answer of its calls and takes its
 * part. When EC2 refuses because of one caller's ids, the others are asked for again without it, so it fails alone; any
 * other failure is everybody's. `work` sends for all of them, with ids it may not keep.
 */
export type Together = <Id extends string, R>(
  call: Shared,
  ids: readonly Id[],
  work: (ids: Id[], send: Send) => Promise<R>,
) => Promise<R[]>;

/** So long others may join a call when there was another like it a moment ago; one that comes alone is not held up. */
const joinMs = 50;
const momentMs = 1_000;

type Member = { ids: readonly string[]; resolve: (answer: unknown) => void; reject: (error: unknown) => void };
type Work = (ids: string[], send: Send) => Promise<unknown>;
type Batch = { members: Member[]; ids: Set<string> };

/** What is shared is shared among all that `at` gives out for one lane. */
export function createTogether(
  caller: Pick<Caller, 'turn' | 'send'>,
  clock: Clock,
): { at: (lane: Lane, owner?: string) => Together } {
  const open = new Map<string, Batch>();
  const lastAt = new Map<string, number>();

  async function begin(key: string, batch: Batch, call: Shared, of: { lane: Lane; owner: string; work: Work }) {
    const { lane, owner, work } = of;
    const kind = `${lane} ${call.action}`;
    const isBusy = clock.monotonic() - (lastAt.get(kind) ?? -Infinity) < momentMs;
    lastAt.set(kind, clock.monotonic());
    if (isBusy) await clock.sleep(joinMs);
    try {
      const { action, plain = false } = call;
      const instances = () => (call.countsInstances === true ? batch.ids.size : 0);
      await caller.turn({ action, lane, owner, plain, instances });
    } catch (error) {
      for (const member of batch.members) member.reject(error);
      return;
    } finally {
      if (open.get(key) === batch) open.delete(key);
    }
    await answer(batch.members, work, caller.send(lane, owner, 'paid'), caller.send(lane, owner));
  }

  function join(call: Shared, ids: readonly string[], of: Parameters<typeof begin>[3]): Promise<unknown> {
    const key = JSON.stringify([of.lane, call.action, call.like ?? '']);
    return new Promise((resolve, reject) => {
      const member = { ids, resolve, reject };
      const batch = open.get(key);
      const together = new Set([...(batch?.ids ?? []), ...ids]);
      if (batch !== undefined && together.size <= call.most) {
        batch.members.push(member);
        batch.ids = together;
        return;
      }
      const fresh = { members: [member], ids: new Set(ids) };
      open.set(key, fresh);
      void begin(key, fresh, call, of);
    });
  }

  return {
    at: (lane, owner = '') =>
      async function together(call, ids, work) {
        const answers = [];
        for (const part of chunks([...new Set(ids)], call.most))
          answers.push(await join(call, part, { lane, owner, work: work as Work }));
        return answers as Awaited<ReturnType<typeof work>>[];
      },
  };
}

/** One call for all members; after a refusal that not all of them deserve, one for each part of them. Never throws. */
async function answer(members: readonly Member[], work: Work, send: Send, sendAgain: Send): Promise<void> {
  try {
    const result = await work([...new Set(members.flatMap(({ ids }) => ids))], send);
    for (const member of members) member.resolve(result);
  } catch (error) {
    const parts = members.length === 1 ? undefined : partsAfter(error, members);
    if (parts === undefined) for (const member of members) member.reject(error);
    else for (const part of parts) await answer(part, work, sendAgain, sendAgain);
  }
}

/** Refusals about the things named; another one (no permission at all, no such endpoint) meets everybody alike. */
const aboutThings: ReadonlySet<string> = new Set(['not-found', 'bad-input', 'conflict', 'over-limit', 'unsuitable']);

/** Those who are named apart from the others, each alone; halves when nobody is named. Undefined: all fail. Pure. */
export function partsAfter<M extends { ids: readonly string[] }>(
  error: unknown,
  members: readonly M[],
): readonly (readonly M[])[] | undefined {
  const refusal = refusalIn(error);
  if (refusal === undefined) return undefined;
  const named = new Set(Array.isArray(refusal.data['ids']) ? refusal.data['ids'].map(String) : []);
  const bad = members.filter(({ ids }) => ids.some((id) => named.has(id)));
  const good = members.filter((member) => !bad.includes(member));
  if (bad.length > 0) return [good, ...bad.map((one) => [one])].filter((part) => part.length > 0);
  if (!aboutThings.has(refusal.code)) return undefined;
  const half = Math.ceil(members.length / 2);
  return [members.slice(0, half), members.slice(half)];
}

/** "Not visible yet" stands for a refusal that names what is meant. */
function refusalIn(error: unknown): Refusal | undefined {
  if (isRefusal(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return isRefusal(cause) ? cause : undefined;
}
