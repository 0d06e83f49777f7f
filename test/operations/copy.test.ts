import { describe, expect, it } from 'vitest';

import { Ambiguous, Refusal } from '#errors.ts';
import { type KeySight, keyTrouble } from '#operations/copy/keys.ts';
import { type CopyPart, copyOne } from '#operations/copy/part.ts';
import { differences, planCopy } from '#operations/copy/plan.ts';
import type { Cloud, NewCopy, Snapshot } from '#ports/cloud.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order } from '#ports/history.ts';
import type { Key } from '#ports/platform.ts';
import { saga } from '#runtime/saga.ts';
import { createStory } from '#runtime/story.ts';
import { aSnapshot } from '#test/support/builders.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { storyWorld } from '#test/support/story-world.ts';

const here = { account: '111111111111', region: 'us-east-1' };
const there = { account: '222222222222', region: 'us-west-2' };
const of = { from: here, to: there, owner: there.account, kmsKey: undefined, schedule: undefined };

describe('the plan of copies', () => {
  it('goes on with the history of the disk, and shares with the other account', () => {
    const plan = planCopy([aSnapshot({ tags: { Name: 'data', 'aws:x': '1', 'deckhand:job': 'r-0' } })], of);

    expect(plan.shareWith).toBe(there.account);
    expect(plan.snapshots[0]?.tags).toEqual({ Name: 'data', 'deckhand:source-volume': 'vol-0000000b' });
    expect(planCopy([aSnapshot()], { ...of, owner: here.account }).shareWith).toBeUndefined();
  });

  it.each([
    ['to where they are', [aSnapshot()], { ...of, to: here, owner: here.account }, /already/],
    ['that are not completed', [aSnapshot({ state: 'pending' })], of, /only completed/],
    ['in the archive', [aSnapshot({ tier: 'archive' })], of, /archive tier/],
  ])('refuses those %s', (_what, found, how, why) => {
    expect(() => planCopy(found, how)).toThrow(why);
  });

  it('stays where they are, under another key', () => {
    const plan = planCopy([aSnapshot()], { ...of, to: here, owner: here.account, kmsKey: 'alias/own' });

    expect(plan).toMatchObject({ to: here, kmsKey: 'alias/own' });
    expect(plan.shareWith).toBeUndefined();
  });

  const arn = 'arn:aws:kms:us-east-1:111111111111:key/1';
  const key: Key = { arn, state: 'Enabled', enabled: true, origin: 'AWS_KMS', manager: 'CUSTOMER' };
  const abroad = { shareWith: there.account };
  it.each<[string, Parameters<typeof keyTrouble>[0], Partial<KeySight>, string | undefined]>([
    ['a key that both may use', abroad, {}, undefined],
    ['a key that nobody could look at', abroad, { key: undefined }, undefined],
    ['the key of AWS for another account', abroad, { key: { ...key, manager: 'AWS' } }, 'aws-managed'],
    ['the key of AWS for the same account', {}, { key: { ...key, manager: 'AWS' } }, undefined],
    ['a key that the other account may not use', abroad, { refused: true }, 'not-allowed'],
    ['a key that is disabled', {}, { key: { ...key, state: 'Disabled', enabled: false } }, 'not-enabled'],
  ])('with %s', (_what, plan, sight, expected) => {
    const found = [aSnapshot(), aSnapshot({ encrypted: true, kmsKeyId: arn })];

    expect(keyTrouble(plan, found, [{ name: arn, key, refused: false, ...sight }])?.kind).toBe(expected);
  });

  it('with a disabled key to copy under', () => {
    const off = { ...key, state: 'PendingDeletion', enabled: false };

    expect(
      keyTrouble({ kmsKey: 'alias/own' }, [aSnapshot()], [{ name: 'alias/own', key: off, refused: false }]),
    ).toEqual({ kind: 'not-enabled', key: arn, state: 'PendingDeletion' });
  });

  it('is no longer true when a snapshot is gone', () => {
    const plan = planCopy([aSnapshot()], of);

    expect(differences(plan, [aSnapshot()])).toEqual([]);
    expect(differences(plan, [])).toEqual(['snap-00000001 is no longer there.']);
  });
});

/** Two accounts in memory, with every call that bites as a switch. */
function setting(switches: { busy?: number; lost?: boolean; end?: string; refused?: boolean } = {}) {
  const copies: (Snapshot & { of: string })[] = [];
  const shared = new Set<string>();
  const history: string[] = [];
  const counts = { busy: switches.busy ?? 0, lost: switches.lost === true ? 1 : 0 };
  const source = {
    sharedWith: async () => [...shared],
    shareSnapshot: async ({ account, shared: on }: { account: string; shared: boolean }) => {
      history.push(on ? 'shared' : 'unshared');
      if (on) shared.add(account);
      else shared.delete(account);
    },
  } as unknown as Cloud;
  const target = {
    copySnapshot: async (copy: NewCopy) => {
      if (counts.busy-- > 0) throw new Refusal('over-limit', 'Too many copies in progress.');
      if (switches.refused === true) throw new Refusal('not-permitted', 'The key cannot be used.');
      if (!shared.has(there.account)) throw new Refusal('not-found', 'not shared');
      const id = `snap-${String(copies.length + 1).padStart(8, '0')}` as const;
      copies.push({ ...aSnapshot({ id, tags: copy.tags, state: switches.end ?? 'completed' }), of: copy.snapshotId });
      if (counts.lost-- > 0) throw new Ambiguous('no answer');
      return id;
    },
    snapshots: async ({ tags = {} }: { tags?: Readonly<Record<string, string>> }) =>
      copies.filter((one) => Object.entries(tags).every(([key, value]) => one.tags[key] === value)),
    deleteSnapshot: async (id: string) => {
      const at = copies.findIndex((one) => one.id === id);
      if (at >= 0) copies.splice(at, 1);
    },
  } as unknown as Cloud;
  const world = storyWorld({ cloud: source, elsewhere: target });
  const limits = {
    wait: { snapshotMs: 100_000 },
    poll: { minMs: 1_000, maxMs: 5_000 },
    visibilityGraceMs: 3_000,
  } as Parameters<typeof createStory>[1]['limits'];
  const snapshot = planCopy([aSnapshot()], of).snapshots[0]!;
  const plan: CopyPart = { from: here, to: there, shareWith: there.account, snapshot };
  const body = (durable: Durable) =>
    saga(
      durable,
      (undo) =>
        copyOne(
          createStory(world, {
            durable,
            order: { id: 'r-1', requester: 'U1' } as Order,
            limits,
            undo,
            stage: () => undefined,
          }),
          plan,
        ),
      () => undefined,
    );
  return { body, copies, shared, history };
}

describe('one copy', () => {
  it('is made under our tags while it is shared, and no longer', async () => {
    const { body, copies, shared, history } = setting();

    expect(await createRecorder().run(body)).toEqual({ id: 'snap-00000001' });

    expect(copies).toMatchObject([
      { of: 'snap-00000001', tags: { 'deckhand:job': 'r-1', 'deckhand:source-volume': 'vol-0000000b' } },
    ]);
    expect(history).toEqual(['shared', 'unshared']);
    expect(shared.size).toBe(0);
  });

  it('leaves a share alone that was there before', async () => {
    const { body, shared, history } = setting();
    shared.add(there.account);

    await createRecorder().run(body);

    expect(history).toEqual([]);
    expect(shared.size).toBe(1);
  });

  it('waits for its turn while 20 others are under way', async () => {
    const { body, copies } = setting({ busy: 3 });

    await createRecorder().run(body);

    expect(copies).toHaveLength(1);
  });

  it('is not made twice when the answer is lost', async () => {
    const { body, copies } = setting({ lost: true });

    await createRecorder().run(body);

    expect(copies).toHaveLength(1);
  });

  it.each([
    ['AWS reports an error', { end: 'error' }, /reports error/],
    ['AWS refuses it', { refused: true }, /key cannot be used/],
  ])('leaves neither a copy nor a share behind when %s', async (_what, switches, why) => {
    const { body, copies, shared } = setting(switches);

    await expect(createRecorder().run(body)).rejects.toThrow(why);

    expect([copies.length, shared.size]).toEqual([0, 0]);
  });

  it('is one copy and no share, or none of either, wherever the process dies', async () => {
    const whole = createRecorder();
    await whole.run(setting().body);
    for (let at = 0; at < whole.steps().length; at++)
      for (const when of ['before', 'after'] as const) {
        const { body, copies, shared } = setting();
        const recorder = createRecorder();
        expect(await recorder.run(body, { at, when })).toBe('died');

        expect(await recorder.run(body)).toEqual({ id: 'snap-00000001' });

        expect([copies.length, shared.size]).toEqual([1, 0]);
      }
  });
});
