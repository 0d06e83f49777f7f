import { describe, expect, it } from 'vitest';

import { type DrillOutcome, lastDrills } from '#lib/drills.ts';
import { drillOne, type DrillPart } from '#operations/drill/part.ts';
import { differences, planTrials, targetOf } from '#operations/drill/plan.ts';
import { lookScript } from '#operations/drill/script.ts';
import { drill } from '#operations/drill/story.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud, NewVolume, Volume, VolumeHealth } from '#ports/cloud.ts';
import type { Durable } from '#ports/engine.ts';
import type { Order, Run } from '#ports/history.ts';
import type { ScriptResult, Scripts } from '#ports/platform.ts';
import { saga } from '#runtime/saga.ts';
import { createStory } from '#runtime/story.ts';
import { anInstance, aSnapshot, aVolume } from '#test/support/builders.ts';
import { createRecorder } from '#test/support/recorder.ts';
import { storyWorld } from '#test/support/story-world.ts';

const anywhere = { most: 9, drilledAt: () => 0, zone: undefined };
const sandbox = anInstance({ id: 'i-0000000f', name: 'sandbox', tags: { Name: 'sandbox', env: 'dev' } });

describe('the plan of a drill', () => {
  it('takes the newest good snapshot of each volume, and says which have none', () => {
    const volumes = [aVolume(), aVolume({ id: 'vol-0000000c', name: 'bare' })];
    const snapshots = [
      aSnapshot({ id: 'snap-00000001', startedAt: 1 }),
      aSnapshot({ id: 'snap-00000002', startedAt: 2 }),
      aSnapshot({ id: 'snap-00000003', startedAt: 3, state: 'pending' }),
      aSnapshot({ id: 'snap-00000004', startedAt: 4, tier: 'archive' }),
      aSnapshot({ id: 'snap-00000005', startedAt: 5, volumeId: 'vol-0000000d' }),
    ];

    const plan = planTrials({ volumes, snapshots }, anywhere);

    expect(plan.trials.map(({ snapshot, zone }) => [snapshot, zone])).toEqual([['snap-00000002', 'us-east-1a']]);
    expect(plan.bare).toEqual([{ volume: 'vol-0000000c', name: 'bare (vol-0000000c)' }]);
  });

  it('takes those first that were drilled longest ago, and goes on with the history of a restored disk', () => {
    const volumes = ['b', 'c', 'd'].map((letter) =>
      aVolume({ id: `vol-0000000${letter}`, tags: letter === 'd' ? { 'deckhand:source-volume': 'vol-0000000a' } : {} }),
    );
    const snapshots = [aSnapshot({ volumeId: 'vol-0000000a' })];
    const at = new Map([
      ['vol-0000000b', 3],
      ['vol-0000000c', 1],
    ]);

    const plan = planTrials({ volumes, snapshots }, { ...anywhere, most: 2, drilledAt: (id) => at.get(id) ?? 0 });

    expect(plan.trials.map(({ volume }) => volume)).toEqual(['vol-0000000d']);
    expect(plan.bare.map(({ volume }) => volume)).toEqual(['vol-0000000c']);
  });

  it('looks from a throw-away server, at a device that is free', () => {
    const disks = ['/dev/xvda', '/dev/sdf', '/dev/xvdg'].map((device, at) => ({
      device,
      volumeId: `vol-0000000${at}` as const,
      deleteOnTermination: true,
      state: 'attached',
    }));

    expect(targetOf({ ...sandbox, mappings: disks }, sandbox.id)).toMatchObject({ id: sandbox.id, device: '/dev/sdh' });
  });

  it.each([
    ['does not exist', undefined],
    ['carries the tags of production', anInstance({ tags: { env: 'prod' } })],
    ['carries the tags of production', anInstance({ tags: { Environment: 'Production' } })],
    ['is stopped', { ...sandbox, state: 'stopped' }],
    ['belongs to the Auto Scaling group', { ...sandbox, autoScalingGroup: 'web' }],
    ['runs Windows', { ...sandbox, platform: 'windows' }],
  ])('refuses a target that %s', (why, instance) => {
    expect(() => targetOf(instance, 'i-0000000f')).toThrow(why);
  });

  it('is no longer true when a snapshot is gone or the target has become production', () => {
    const { trials } = planTrials({ volumes: [aVolume()], snapshots: [aSnapshot()] }, anywhere);
    const plan = { trials, bare: [], check: [], target: targetOf(sandbox, sandbox.id) };

    expect(differences(plan, { snapshots: [aSnapshot()], target: sandbox })).toEqual([]);
    expect(differences(plan, { snapshots: [], target: { ...sandbox, tags: { env: 'prod' } } })).toEqual([
      expect.stringContaining('snap-00000001 is no longer there'),
      expect.stringContaining('production'),
    ]);
  });
});

type Switches = { made?: string; health?: VolumeHealth[]; script?: Partial<ScriptResult>; target?: boolean };

/** One disk beside the fleet, in memory. */
function setting({ made = 'available', health = [], script = {}, target = false }: Switches = {}) {
  const disks: Volume[] = [];
  const done: string[] = [];
  const cloud = {
    createVolume: async (of: NewVolume) => {
      const known = disks.find(({ tags }) => tags['deckhand:op'] === of.token);
      if (known !== undefined) return known;
      done.push('made');
      disks.push(aVolume({ id: 'vol-000000ff', state: made, tags: of.tags, attachments: [] }));
      return disks[0]!;
    },
    volumes: async ({ ids, tags = {} }: { ids?: readonly string[]; tags?: Readonly<Record<string, string>> }) =>
      disks.filter(
        (one) =>
          (ids === undefined || ids.includes(one.id)) &&
          Object.entries(tags).every(([key, value]) => one.tags[key] === value),
      ),
    volumeHealth: async () => [health.shift() ?? healthy],
    attachVolume: async ({ instanceId, device }: { instanceId: `i-${string}`; device: string }) => {
      done.push('attached');
      Object.assign(disks[0]!, {
        state: 'in-use',
        attachments: [{ instanceId, device, state: 'attached', deleteOnTermination: false }],
      });
    },
    detachVolume: async () => {
      done.push('detached');
      Object.assign(disks[0]!, { state: 'available', attachments: [] });
    },
    deleteVolume: async () => {
      if (disks[0]?.state === 'in-use') throw new Error('it is attached');
      disks.length = 0;
    },
  } as unknown as Cloud;
  const sent: { lines: readonly string[]; instanceId: string; comment: string }[] = [];
  const scripts: Scripts = {
    run: async (of) => (sent.push(of), 'command-1'),
    find: async ({ comment }) => (sent.some((one) => one.comment === comment) ? 'command-1' : undefined),
    result: async () => ({
      state: 'succeeded',
      detail: 'Success',
      exitCode: 0,
      output: 'PG_VERSION',
      errors: '',
      ...script,
    }),
    managed: async () => [],
  };
  const world = storyWorld({ cloud, scripts });
  const limits = {
    wait: { volumeMs: 60_000, checksMs: 60_000, snapshotMs: 60_000 },
    poll: { minMs: 1_000, maxMs: 5_000 },
    visibilityGraceMs: 3_000,
  } as Story['limits'];
  const { trials } = planTrials({ volumes: [aVolume()], snapshots: [aSnapshot()] }, anywhere);
  const part: DrillPart = {
    trial: trials[0]!,
    check: [],
    ...(target ? { target: targetOf(sandbox, sandbox.id) } : {}),
  };
  const order = { id: 'r-0000000001', requester: 'U1' } as Order;
  const body = (durable: Durable) =>
    saga(
      durable,
      (undo) => drillOne(createStory(world, { durable, order, limits, undo, stage: () => undefined }), part),
      () => undefined,
    );
  return { body, disks, done, sent };
}
const healthy: VolumeHealth = { volumeId: 'vol-000000ff', status: 'ok', ioEnabled: true, events: [], actions: [] };

describe('the drill of one volume', () => {
  it('makes a disk without the tags of the fleet, sees that AWS finds it fine, and deletes it', async () => {
    const { body, disks, done } = setting({
      health: [
        { ...healthy, status: 'insufficient-data' },
        { ...healthy, status: 'warning', initialization: { type: 'default', progress: 40 } },
      ],
    });

    expect(await createRecorder().run(body)).toMatchObject({ volume: 'vol-0000000b', bytes: 100 * 2 ** 30 });

    expect(disks).toEqual([]);
    expect(done).toEqual(['made']);
  });

  it('attaches it to the throw-away server, looks at its files read-only, detaches and deletes it', async () => {
    const { body, disks, done, sent } = setting({ target: true });

    await createRecorder().run(body);

    expect(done).toEqual(['made', 'attached', 'detached']);
    expect(sent).toMatchObject([{ instanceId: sandbox.id }]);
    expect(sent[0]?.lines).toContain('blockdev --setro "$disk"');
    expect(disks).toEqual([]);
  });

  it.each<[string, Switches, RegExp]>([
    ['AWS cannot make the disk', { made: 'error' }, /could not make it/],
    ['AWS finds it impaired', { health: [{ ...healthy, status: 'impaired' }] }, /impaired/],
    [
      'the script fails',
      { target: true, script: { state: 'failed', exitCode: 11, errors: 'there is no file system on the disk' } },
      /exit code 11: there is no file system/,
    ],
    [
      'the script never comes to its server',
      { target: true, script: { state: 'undelivered', exitCode: undefined } as never },
      /undelivered/,
    ],
  ])('fails and leaves nothing behind when %s', async (_what, switches, why) => {
    const { body, disks } = setting(switches);

    await expect(createRecorder().run(body)).rejects.toThrow(why);

    expect(disks).toEqual([]);
  });

  it('leaves nothing behind, wherever the process dies, and makes one disk', async () => {
    const whole = createRecorder();
    await whole.run(setting({ target: true }).body);
    for (let at = 0; at < whole.steps().length; at++)
      for (const when of ['before', 'after'] as const) {
        const { body, disks, done, sent } = setting({ target: true });
        const recorder = createRecorder();
        expect(await recorder.run(body, { at, when })).toBe('died');

        expect(await recorder.run(body)).toMatchObject({ volume: 'vol-0000000b' });

        expect([disks.length, done.filter((one) => one === 'made').length, sent.length]).toEqual([0, 1, 1]);
      }
  });
});

describe('a drill', () => {
  it('ends done and says which volumes could not be restored', async () => {
    const { trials } = planTrials({ volumes: [aVolume()], snapshots: [aSnapshot()] }, anywhere);
    const story = { parts: async () => [{ key: 'x', state: 'undone', reason: 'no file system' }] } as unknown as Story;

    const { outcomes } = await drill(story, {
      trials,
      bare: [{ volume: 'vol-0000000c', name: 'bare' }],
      check: [],
    });

    expect(outcomes.map(({ volume, why }) => [volume, why])).toEqual([
      ['vol-0000000b', 'no file system'],
      ['vol-0000000c', expect.stringContaining('no completed snapshot')],
    ]);
  });

  it('runs what deckhand.yml says on the data, with the disk set read-only before it is mounted', () => {
    const lines = lookScript('vol-0123456789abcdef0', '/dev/sdh', ['test -s "$DRILL_MOUNT/PG_VERSION"']);

    expect(lines.at(-1)).toBe('test -s "$DRILL_MOUNT/PG_VERSION"');
    expect(lines.join('\n')).toMatch(/vol0123456789abcdef0 \/dev\/sdh \/dev\/xvdh/);
    expect(lines.findIndex((line) => line.startsWith('blockdev --setro'))).toBeLessThan(
      lines.findIndex((line) => line.startsWith('mount ')),
    );
  });
});

describe('the last drills', () => {
  const run = (id: string, endedAt: number, outcomes: DrillOutcome[]) =>
    ({ order: { id, requestedAt: 0 }, result: { outcomes }, endedAt }) as unknown as Run;
  const runs = [
    run('r-2', 2_000_000, [{ volume: 'vol-0000000b', name: 'data', why: 'no file system' }]),
    run('r-1', 1_000_000, [
      { volume: 'vol-0000000b', name: 'data', ms: 60_000 },
      { volume: 'vol-0000000a', name: 'root', ms: 240_000 },
    ]),
  ];

  it('are the newest of each volume', async () => {
    const drills = await lastDrills({ runs: { recent: async () => runs } });

    expect(drills.get('vol-0000000b')).toMatchObject({ run: 'r-2', why: 'no file system' });
    expect(drills.get('vol-0000000a')).toMatchObject({ run: 'r-1', at: 1_000_000, ms: 240_000 });
  });
});
