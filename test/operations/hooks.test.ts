import { describe, expect, it } from 'vitest';

import { Ambiguous, Refusal } from '#errors.ts';
import { failureLines } from '#operations/snapshot/messages.ts';
import { planSnapshot } from '#operations/snapshot/plan.ts';
import { snapshot, type SnapshotResult } from '#operations/snapshot/story.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud, NewSnapshots, Snapshot } from '#ports/cloud.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order } from '#ports/history.ts';
import type { Script, ScriptResult, Scripts } from '#ports/platform.ts';
import type { SnapshotHooks, SnapshotSchedule } from '#ports/timed-settings.ts';
import { saga } from '#runtime/saga.ts';
import { createStory } from '#runtime/story.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { storyWorld } from '#test/support/story-world.ts';

const hooks: SnapshotHooks = {
  pre: ['freeze'],
  post: ['thaw'],
  timeoutMs: 60_000,
  retries: 1,
  onFailure: 'crash-consistent',
};

type Switches = {
  hooks?: Partial<SnapshotHooks>;
  /** How often the script with these lines fails. */
  fails?: { freeze?: number; thaw?: number };
  refused?: boolean;
  lost?: boolean;
  stopped?: boolean;
  /** The process that first takes snapshots is never heard of again. */
  dies?: boolean;
};

/** One server in memory; `log` is what was done to it, in order, and `frozen` whether it stands still. */
function setting(of: Switches = {}) {
  const log: string[] = [];
  const server = { frozen: false };
  const left = { freeze: of.fails?.freeze ?? 0, thaw: of.fails?.thaw ?? 0 };
  const made: Snapshot[] = [];
  const results = new Map<string, ScriptResult>();
  const sent: Script[] = [];
  const end = { detail: '', output: '', errors: '' };
  const scripts: Scripts = {
    run: async (script) => {
      const what = script.lines[0] as 'freeze' | 'thaw';
      sent.push(script);
      const failed = left[what]-- > 0;
      log.push(failed ? `${what} failed` : what);
      if (!failed) server.frozen = what === 'freeze';
      results.set(script.comment, { ...end, state: failed ? 'failed' : 'succeeded', exitCode: failed ? 3 : 0 });
      return script.comment;
    },
    find: async ({ comment }) => (results.has(comment) ? comment : undefined),
    result: async (command) => results.get(command)!,
    managed: async () => [],
  };
  const cloud = {
    createSnapshots: async ({ tags }: NewSnapshots) => {
      log.push(server.frozen ? 'taken frozen' : 'taken');
      if (of.dies === true && log.length === 2) await new Promise(() => undefined);
      if (of.refused === true) throw new Refusal('over-limit', 'too many snapshots');
      made.push(aSnapshot({ tags }), aSnapshot({ tags, id: 'snap-00000002', volumeId: 'vol-0000000a' }));
      if (of.lost === true && made.length === 2) throw new Ambiguous('no answer');
      return made;
    },
    snapshots: async ({ tags = {} }: { tags?: Readonly<Record<string, string>> }) =>
      made.filter((one) => Object.entries(tags).every(([key, value]) => one.tags[key] === value)),
    deleteSnapshot: async () => void made.splice(0),
  } as unknown as Cloud;
  const world = storyWorld({ cloud, scripts });
  const limits = {
    snapshotAttempts: 2,
    wait: { snapshotMs: 60_000 },
    poll: { minMs: 1_000, maxMs: 5_000 },
    visibilityGraceMs: 3_000,
    snapshotGapMs: 1_000,
  } as Story['limits'];
  const root = aVolume({ id: 'vol-0000000a' });
  const schedule = { name: 'nightly', copies: [], hooks: { ...hooks, ...of.hooks } } as unknown as SnapshotSchedule;
  const instance = anInstance(of.stopped === true ? { state: 'stopped' } : {});
  const plan = planSnapshot({ instances: [instance], volumes: [root, aVolume()], named: new Set() }, schedule);
  const order = { id: 'r-0000000001', requester: 'deckhand' } as Order;
  const body = (durable: Durable) =>
    saga(
      durable,
      (undo) => snapshot(createStory(world, { durable, order, limits, undo, stage: () => undefined }), plan),
      () => undefined,
    );
  return { body, log, server, made, sent };
}

describe('hooks around the snapshots of a server', () => {
  it('run in their order, and nothing is told when all is well', async () => {
    const { body, log, sent } = setting();

    const result = (await createRecorder().run(body)) as SnapshotResult;

    expect(log).toEqual(['freeze', 'taken frozen', 'thaw']);
    expect(failureLines(result)).toEqual([]);
    expect(sent[0]).toMatchObject({ document: 'AWS-RunShellScript', timeoutSec: 60 });
  });

  it('are left out on a server that does not run', async () => {
    const { body, log } = setting({ stopped: true });

    await createRecorder().run(body);

    expect(log).toEqual(['taken']);
  });

  it.each<[string, Switches, string[], RegExp | undefined]>([
    [
      'a failing pre is tried again, after the server went on',
      { fails: { freeze: 1 } },
      ['freeze failed', 'thaw', 'freeze', 'taken frozen', 'thaw'],
      undefined,
    ],
    [
      'a pre that fails for good is told, and the server taken as after a power cut',
      { fails: { freeze: 9 } },
      ['freeze failed', 'thaw', 'freeze failed', 'taken', 'thaw'],
      /pre hook failed.*exit code 3/,
    ],
    [
      'a post that fails for good is told loudly',
      { fails: { thaw: 9 } },
      ['freeze', 'taken frozen', 'thaw failed', 'thaw failed'],
      /MAY STAND STILL.*exit code 3/,
    ],
  ])('%s', async (_what, switches, expected, told) => {
    const { body, log } = setting(switches);

    const result = (await createRecorder().run(body)) as SnapshotResult;

    expect(log).toEqual(expected);
    expect(JSON.stringify(failureLines(result))).toMatch(told ?? /^\[\]$/);
  });

  it('leave a server alone whose pre fails, when the schedule says so', async () => {
    const { body, log, made } = setting({ fails: { freeze: 9 }, hooks: { onFailure: 'fail', retries: 0 } });

    await expect(createRecorder().run(body)).rejects.toThrow(/pre hook failed/);

    expect(log).toEqual(['freeze failed', 'thaw']);
    expect(made).toEqual([]);
  });

  it.each<[string, Switches]>([
    ['AWS refuses the snapshots', { refused: true }],
    ['the answer of AWS is lost', { lost: true }],
  ])('let the server go on when %s', async (_what, switches) => {
    const { body, server, made } = setting(switches);

    await createRecorder()
      .run(body)
      .catch(() => undefined);

    expect(server.frozen).toBe(false);
    expect(made.length).toBe(switches.refused === true ? 0 : 2);
  });

  it('tries the post hook once more when the run fails after it had failed', async () => {
    const { body, server } = setting({ refused: true, fails: { thaw: 2 } });

    await expect(createRecorder().run(body)).rejects.toThrow(/too many snapshots/);

    expect(server.frozen).toBe(false);
  });

  it('leave no server standing still and make no second set, wherever the process dies', async () => {
    const whole = createRecorder();
    await whole.run(setting().body);
    for (let at = 0; at < whole.steps().length; at++)
      for (const when of ['before', 'after'] as const) {
        const { body, server, made } = setting();
        const recorder = createRecorder();
        expect(await recorder.run(body, { at, when })).toBe('died');

        await recorder.run(body);

        expect([server.frozen, made.length]).toEqual([false, 2]);
      }
  });

  it('let a server go on first that a dead process left standing still', async () => {
    const { body, log, server } = setting({ dies: true });
    const recorder = createRecorder();
    void recorder.run(body); // never comes back: it died while the server stood still
    await expect.poll(() => log).toEqual(['freeze', 'taken frozen']);

    await recorder.run(body);

    expect(log.slice(2)).toEqual(['thaw', 'freeze', 'taken frozen', 'thaw']);
    expect(server.frozen).toBe(false);
  });
});
