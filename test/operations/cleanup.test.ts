import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Refusal, Transient } from '#errors.ts';
import type { RetentionRules } from '#lib/retention.ts';
import { holdTag, runTag, setTag, terraformTag, volumeTag } from '#lib/tags.ts';
import { readWords } from '#lib/words.ts';
import { CleanupArgs, parseCleanup } from '#operations/cleanup/arguments.ts';
import { noGuards } from '#operations/cleanup/chunk.ts';
import type { Guards, Policies } from '#operations/cleanup/guards.ts';
import { done, files, planned } from '#operations/cleanup/messages.ts';
import { type CleanupPlan, planHeld, planOrphans, planSnapshots } from '#operations/cleanup/plan.ts';
import { cleanup } from '#operations/cleanup/story.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Snapshot } from '#ports/cloud.ts';
import type { Run, RunState } from '#ports/history.ts';
import type { SnapshotId } from '#ports/ids.ts';
import type { TerraformStates } from '#ports/terraform.ts';
import type { Message } from '#ports/text.ts';
import { findViolations } from '#slack/limits.ts';
import { renderMessage } from '#slack/render.ts';
import { aSnapshot, aVolume } from '#test/support/builders.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-25T12:00:00Z');
const constants = {
  now,
  prices: { snapshotGiBMonth: 0.05, archiveGiBMonth: 0.0125, volumeGiBMonth: 0.08 },
  rate: { burst: 100, perSecond: 5 },
  binInUse: false,
};
const parse = (line: string) => parseCleanup(readWords(line));

function nightly(n: number, change: Partial<Snapshot> = {}): Snapshot {
  return aSnapshot({ id: `snap-${String(n).padStart(8, '0')}`, startedAt: now - n * day, sizeGiB: 10, ...change });
}
const idOf = (n: number): SnapshotId => `snap-${String(n).padStart(8, '0')}`;

function planFor(
  snapshots: readonly Snapshot[],
  guards: Partial<Guards> = {},
  rules: Partial<RetentionRules> = { keep: 1 },
  policies: Policies = { exist: undefined, adopt: false },
) {
  return planSnapshots({
    ...constants,
    asked: 'snapshots of all',
    rules: { timezone: 'UTC', ...rules },
    policies,
    snapshots,
    serverOf: () => undefined,
    guards: { ...noGuards, ...guards },
  });
}
const going = (plan: CleanupPlan) => plan.units.flatMap(({ ids }) => ids).toSorted();
const whyStays = (plan: CleanupPlan) =>
  Object.fromEntries(plan.skipped.map(({ id, why }) => [Number(id.slice(5)), why]));

describe('the line of a clean-up', () => {
  it('holds a selector and rules', () => {
    expect(parse('snapshots env=dev --older 30d --keep 7 --gfs 7d,4w,12m,3y --timezone Europe/Berlin')).toMatchObject({
      kind: 'snapshots',
      selector: { tags: { env: 'dev' } },
      rules: {
        olderMs: 30 * day,
        keep: 7,
        gfs: { days: 7, weeks: 4, months: 12, years: 3 },
        timezone: 'Europe/Berlin',
      },
    });
    const { adopt, ...asked } = parse('snapshots all --keep 3 --adopt-orphans') as Extract<
      CleanupArgs,
      { kind: 'snapshots' }
    >;
    expect(adopt).toBe(true);
    expect(CleanupArgs.parse(asked)).toEqual({ ...asked, adopt: false }); // as schedules ask for it
    expect(parse('rule nightly')).toEqual({ kind: 'rule', name: 'nightly' });
    expect(parse('held')).toEqual({ kind: 'held' });
    expect(parse('orphans')).toEqual({ kind: 'orphans' });
  });

  it.each([
    ['', /what to clean up/],
    ['everything', /what to clean up/],
    ['snapshots all', /Say what to keep/],
    ['snapshots --keep 3', /Name what you mean/],
    ['snapshots snap-00000001 --keep 3', /whole history/],
    ['snapshots all --keep 0', /no number from 1/],
    ['snapshots all --keep all', /no number from 1/],
    ['snapshots all --older soon', /no age/],
    ['snapshots all --older 5m', /at least an hour/],
    ['snapshots all --gfs 7', /cannot be read/],
    ['snapshots all --gfs 7d,4d', /cannot be read/],
    ['snapshots all --gfs 7d --timezone Mars', /no time zone/],
    ['snapshots all --force', /no option of cleanup/],
    ['rule', /Name a rule/],
    ['held all', /not understood here/],
    ['orphans --keep 3', /not understood here/],
  ])('%j is refused with the next move', (line, why) => {
    expect(() => parse(line)).toThrow(why);
  });
});

describe('the plan of a clean-up', () => {
  it('names what goes and why each other one stays', () => {
    const plan = planFor(
      [
        nightly(1),
        nightly(2),
        nightly(3),
        nightly(4),
        nightly(5),
        nightly(6),
        nightly(7),
        nightly(8),
        nightly(9, { tags: { 'aws:dlm:lifecycle-policy-id': 'policy-1' } }),
        nightly(10, { tags: { 'aws:backup:source-resource': 'x' } }),
        nightly(11, { tier: 'archive' }),
        nightly(12, { state: 'error' }),
      ],
      {
        images: [
          { id: 'ami-1', name: 'old', state: 'disabled', snapshotIds: [idOf(3)] },
          { id: 'ami-2', name: 'older', state: 'available', deprecatedAt: 1, snapshotIds: [idOf(4)] },
        ],
        templates: [{ templateId: 'lt-1', templateName: 't', version: 3, snapshotIds: [idOf(5)] }],
        locks: [
          { id: idOf(6), state: 'compliance', until: now + 20 * day },
          { id: idOf(2), state: 'expired' },
        ],
        fastRestores: [{ snapshotId: idOf(7), zone: 'us-east-1a', state: 'enabled' }],
        archived: [{ id: idOf(11), status: 'archival-completed', archivedAt: now - 10 * day }],
        claims: [{ resource: idOf(8), run: 'r-0000000001' }],
      },
    );

    expect(going(plan)).toEqual([idOf(2)]);
    expect(whyStays(plan)).toEqual({
      1: 'newest',
      3: 'image',
      4: 'image',
      5: 'template',
      6: 'lock',
      7: 'fast-restore',
      8: 'run',
      9: 'dlm',
      10: 'aws-backup',
      11: 'archive',
      12: 'failed',
    });
    const words = planned(plan);
    const text = JSON.stringify(words.sections);
    for (const told of [
      'disabled',
      'deprecated',
      'lt-1, version 3',
      'policy-1',
      '90 days',
      'r-0000000001',
      'estimated',
    ])
      expect(text).toContain(told);
    expect(words.title).toBe('Delete 1 snapshot');
    expect(text).toContain('unless a Recycle Bin rule');
    expect(JSON.stringify(planned({ ...plan, binInUse: true }))).toContain('The Recycle Bin of this Region is in use');
  });

  it('lets no snapshot of another service stand for the last backup', () => {
    const plan = planFor([nightly(1, { tags: { 'aws:dlm:lifecycle-policy-id': 'policy-1' } }), nightly(2), nightly(3)]);
    expect(going(plan)).toEqual([idOf(3)]);
    expect(plan.newest).toEqual({ 'vol-0000000b': idOf(2) });
  });

  it('tells snapshots of a policy that is gone, and takes them for ours when that is asked', () => {
    const by = (policy: string) => ({ tags: { 'aws:dlm:lifecycle-policy-id': policy } });
    const list = [nightly(1), nightly(2), nightly(3, by('policy-1')), nightly(4, by('policy-2'))];
    const exist = new Set(['policy-2']);
    const told = planFor(list, {}, undefined, { exist, adopt: false });
    expect(going(told)).toEqual([idOf(2)]);
    expect(whyStays(told)).toEqual({ 1: 'newest', 3: 'dlm-orphan', 4: 'dlm' });
    const adopted = planFor(list, {}, undefined, { exist, adopt: true });
    expect(going(adopted)).toEqual([idOf(2), idOf(3)]);
    expect(whyStays(adopted)).toEqual({ 1: 'newest', 4: 'dlm' });
  });

  it('is refused when all stays, and says so', () => {
    expect(() => planFor([nightly(1)])).toThrow(/nothing to delete.*1 match and all of them stay/);
    expect(() => planFor([])).toThrow(/nothing matches/);
  });

  it('tells how long the rate of AWS makes it, and what it saves at most', () => {
    const plan = planFor(Array.from({ length: 10_001 }, (_, at) => nightly(at + 1)));
    expect(plan).toMatchObject({ leastMs: 1_980_000, savesAtMost: 5_000, sizeGiB: 100_000 });
  });
});

function run(id: string, state: RunState, change: Partial<Run> = {}): Run {
  return {
    order: { id, plan: { old: 'vol-00000001' } },
    state,
    updatedAt: now - 2 * day,
    endedAt: now - 2 * day,
    ...change,
  } as Run;
}
const runs = (...list: Run[]) => new Map(list.map((one) => [one.order.id, one]));
const free = { attachments: [], state: 'available' };

describe('disks kept for undo', () => {
  const held = (until: number, change: Parameters<typeof aVolume>[0] = {}) =>
    aVolume({
      ...free,
      id: 'vol-00000001',
      tags: { [holdTag]: new Date(until).toISOString(), [runTag]: 'r-1' },
      ...change,
    });
  const none: TerraformStates = { managed: [], read: [], problems: [] };
  const facts = (volume: ReturnType<typeof aVolume>, known = runs(run('r-1', 'done')), states = none) => ({
    ...constants,
    guards: noGuards,
    volumes: [volume],
    runs: known,
    states,
  });

  it('go when their time is over', () => {
    const plan = planHeld(facts(held(now - day)));
    expect(going(plan)).toEqual(['vol-00000001']);
    expect(plan.savesAtMost).toBe(8);
  });

  it.each([
    ['still kept', held(now + day), undefined, /all of them stay/],
    [
      'attached again',
      held(now - day, { attachments: aVolume().attachments, state: 'in-use' }),
      undefined,
      /all of them stay/,
    ],
    ['of a run that is not known', held(now - day), runs(), /all of them stay/],
    ['of a run that never named it', held(now - day, { id: 'vol-00000002' }), undefined, /all of them stay/],
    ['of a run that goes on', held(now - day), runs(run('r-1', 'running')), /all of them stay/],
    ['of a run that was undone', held(now - day), runs(run('r-1', 'done', { undoneBy: 'r-2' })), /all of them stay/],
    ['of a run that failed', held(now - day), runs(run('r-1', 'undone')), /all of them stay/],
    ['without the tag', held(now - day, { tags: {} }), undefined, /nothing matches/],
  ])('stay when %s', (_what, volume, known, why) => {
    expect(() => planHeld(facts(volume, known))).toThrow(why);
  });
});

describe('disks that Terraform manages', () => {
  const states = (change: Partial<TerraformStates> = {}): TerraformStates => ({
    managed: [
      { kind: 'volume', address: 'aws_ebs_volume.data', volumeId: 'vol-00000001', snapshotId: '', encrypted: true },
    ],
    read: ['/tf/a.tfstate'],
    problems: [],
    ...change,
  });
  const plan = (tags: Record<string, string>, of: TerraformStates) =>
    planHeld({
      ...constants,
      guards: noGuards,
      volumes: [
        aVolume({
          ...free,
          id: 'vol-00000001',
          tags: { [holdTag]: new Date(now - day).toISOString(), [runTag]: 'r-1', ...tags },
        }),
        aVolume({
          ...free,
          id: 'vol-00000009',
          tags: { [holdTag]: new Date(now - day).toISOString(), [runTag]: 'r-9' },
        }),
      ],
      runs: runs(run('r-1', 'done'), {
        ...run('r-9', 'done'),
        order: { id: 'r-9', plan: { volume: 'vol-00000009' } },
      } as unknown as Run),
      states: of,
    });

  it.each<[string, Record<string, string>, TerraformStates, RegExp]>([
    ['a state names it', {}, states(), /aws_ebs_volume\.data; import the new one first/],
    [
      'a state named it, and cannot be read now',
      { [terraformTag]: 'managed' },
      states({ managed: [], problems: [{ state: 's3://a/b', why: '' }] }),
      /not all its states can be read/,
    ],
    [
      'a state named it, and none is read any more',
      { [terraformTag]: 'managed' },
      states({ managed: [], read: [] }),
      /not all its states can be read/,
    ],
  ])('stay while %s', (_what, tags, of, why) => {
    const found = plan(tags, of);

    expect(going(found)).toEqual(['vol-00000009']);
    expect(found.skipped).toEqual([{ id: 'vol-00000001', why: 'terraform', detail: expect.stringMatching(why) }]);
  });

  it('go when the state has forgotten them', () => {
    expect(going(plan({ [terraformTag]: 'managed' }, states({ managed: [] })))).toEqual([
      'vol-00000001',
      'vol-00000009',
    ]);
  });
});

describe('what runs left behind', () => {
  const made = (change: Parameters<typeof aVolume>[0] = {}) =>
    aVolume({
      ...free,
      id: 'vol-00000001',
      tags: { [runTag]: 'r-1', [volumeTag]: 'r-1.x' },
      createdAt: now - 3 * day,
      ...change,
    });
  const facts = (
    state: RunState | undefined,
    change: Parameters<typeof aVolume>[0] = {},
    snapshots: Snapshot[] = [],
  ) => ({
    ...constants,
    guards: noGuards,
    volumes: [made(change)],
    snapshots,
    runs: state === undefined ? runs() : runs(run('r-1', state)),
  });

  it.each(['undone', 'stuck', undefined] as const)('is a disk of a run that is %s', (state) => {
    expect(going(planOrphans(facts(state)))).toEqual(['vol-00000001']);
  });

  it.each([
    ['the run goes on', facts('running')],
    ['the run is done: it is somebody’s disk', facts('done')],
    ['it hangs on a server', facts('undone', { attachments: aVolume().attachments, state: 'in-use' })],
    ['it is kept for undo', facts('undone', { tags: { [runTag]: 'r-1', [volumeTag]: 'x', [holdTag]: 'x' } })],
    ['it was only replaced', facts('undone', { tags: { [runTag]: 'r-1' } })],
    ['an unknown run made it today', facts(undefined, { createdAt: now - 3_600_000 })],
  ])('is none when %s', (_what, of) => {
    expect(() => planOrphans(of)).toThrow(/nothing to delete/);
  });

  it('holds failed snapshots, and those of work that was put back unless they are the newest', () => {
    const ours = { [runTag]: 'r-1' };
    const snapshots = [
      nightly(2, { tags: ours }),
      nightly(3, { tags: ours }),
      nightly(4, { tags: ours, state: 'error' }),
      nightly(5, { tags: { [runTag]: 'r-unknown' } }),
    ];
    const plan = planOrphans({ ...facts('undone', {}, snapshots), volumes: [] });
    expect(going(plan)).toEqual([idOf(3), idOf(4)]);
    expect(whyStays(plan)).toEqual({ 2: 'newest', 5: 'backup' });
  });
});

/** An account in memory: what is there, who shares it, whom AWS fails for. */
function account(snapshots: readonly Snapshot[]) {
  const there = new Map<string, Snapshot>(snapshots.map((one) => [one.id, one]));
  const deleted: string[] = [];
  const trouble = new Map<string, () => Error>();
  const shared = new Set<string>();
  const images: { id: `ami-${string}`; name: string; state: string; snapshotIds: SnapshotId[] }[] = [];
  const cloud = {
    snapshots: async ({ ids = [] }: { ids?: readonly string[] }) => {
      const gone = ids.filter((id) => !there.has(id));
      if (gone.length > 0) throw new Refusal('not-found', 'gone', { ids: gone });
      return ids.map((id) => there.get(id)!);
    },
    volumes: async () => [],
    images: async () => images,
    lockedSnapshots: async () => [],
    fastRestores: async () => [],
    sharedWith: async (id: string) => (shared.has(id) ? ['210987654321'] : []),
    recycleBin: async () => [],
    binnedVolumes: async () => [],
    deleteSnapshot: async (id: string) => {
      const error = trouble.get(id)?.();
      if (error !== undefined) throw error;
      there.delete(id);
      deleted.push(id);
    },
  };
  return { there, deleted, trouble, shared, images, cloud };
}

/** A story that keeps no record: each step just happens. */
function storyOn(cloud: unknown, remarks: string[] = []): Story {
  let clock = now;
  return {
    cloud,
    limits: { poll: { minMs: 1, maxMs: 1 } },
    step: async (_name: string, act: () => Promise<unknown>) => act(),
    undo: () => undefined,
    sleep: async () => undefined,
    now: async () => (clock += 60_000),
    stage: (_index: number, remark = '') => void remarks.push(remark),
  } as unknown as Story;
}

describe('the work of a clean-up', () => {
  const nights = Array.from({ length: 450 }, (_, at) => nightly(at + 1));

  it('deletes chunk by chunk and says how far it is', async () => {
    const of = account(nights);
    const remarks: string[] = [];
    const result = await cleanup(storyOn(of.cloud, remarks), planFor(nights));
    expect(result).toEqual({ deleted: 449, failed: [], skipped: [] });
    expect([...of.there.keys()]).toEqual([idOf(1)]);
    expect(remarks).toEqual(['0 of 449', '200 of 449, about 2 min left', '400 of 449, about 29 s left', '449 of 449']);
  });

  it('goes on when one fails, tries again what AWS does not answer for, and leaves alone what has changed', async () => {
    const plan = planFor(nights);
    const of = account(nights);
    let tries = 0;
    of.trouble.set(idOf(10), () => new Refusal('conflict', 'in use by ami-9'));
    of.trouble.set(idOf(11), () => new Transient('no answer'));
    of.trouble.set(idOf(12), () =>
      tries++ === 0 ? new Transient('no answer') : (of.trouble.delete(idOf(12)), new Transient('again')),
    );
    of.shared.add(idOf(13));
    of.images.push({ id: 'ami-1', name: '', state: 'disabled', snapshotIds: [idOf(14)] });
    of.there.delete(idOf(15));
    of.there.set(idOf(16), nightly(16, { state: 'recovering' }));

    const result = await cleanup(storyOn(of.cloud), plan);

    expect(result.deleted).toBe(449 - 5);
    expect(result.failed.map(({ id }) => id)).toEqual([idOf(10), idOf(11)]);
    expect(result.skipped.map(({ id }) => id).toSorted()).toEqual([idOf(13), idOf(14), idOf(16)]);
    expect(of.deleted).not.toContain(idOf(13));
    const text = JSON.stringify(done(plan, result));
    for (const told of ['2 FAILED', '3 left alone', 'in use by ami-9', 'shared with 210987654321'])
      expect(text).toContain(told);
    expect(files(plan, result)[0]!.text.split('\n')).toHaveLength(6);
  });

  it('deletes nothing more of a disk whose newest backup has gone meanwhile', async () => {
    const plan = planFor(nights);
    const of = account(nights.slice(1));
    expect(await cleanup(storyOn(of.cloud), plan)).toMatchObject({ deleted: 0, failed: [] });
    expect(of.there.size).toBe(449);
  });

  it('reports all as failed, and nothing as undone, when AWS is away', async () => {
    const of = account(nights);
    const away = { ...of.cloud, images: async () => Promise.reject(new Transient('AWS is away')) };
    const result = await cleanup(storyOn(away), planFor(nights));
    expect(result).toMatchObject({ deleted: 0, skipped: [] });
    expect(result.failed).toHaveLength(449);
    expect(of.deleted).toEqual([]);
  });
});

describe('for random accounts, rules and troubles', () => {
  const kinds = ['none', 'none', 'none', 'refused', 'away', 'shared', 'image', 'gone', 'recovering', 'set'] as const;

  it('the plan names every effect that happens, no other effect happens, and the counts are exact', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ volume: fc.nat(3), kind: fc.constantFrom(...kinds), set: fc.nat(4) }), {
          minLength: 2,
          maxLength: 80,
        }),
        fc.record({ keep: fc.option(fc.nat(3), { nil: undefined }), days: fc.integer({ min: 0, max: 40 }) }),
        async (list, { keep, days }) => {
          const snapshots = list.map(({ volume, kind, set }, at) =>
            nightly(at, {
              volumeId: `vol-0000000${volume}`,
              tags: kind === 'set' ? { [setTag]: `s${set}` } : {},
            }),
          );
          const rules = { olderMs: days * day, ...(keep === undefined ? {} : { keep }) };
          const before = new Set(snapshots.map(({ volumeId }) => volumeId));
          const plan = planOrNothing(snapshots, rules);
          if (plan === undefined) return;
          const of = account(snapshots);
          for (const [at, { kind }] of list.entries()) meddle(of, at, kind);
          const left = new Set(of.there.keys());

          const result = await cleanup(storyOn(of.cloud), plan);

          const named = new Set(going(plan));
          expect(of.deleted.every((id) => named.has(id as SnapshotId))).toBe(true);
          const told = [...result.failed, ...result.skipped].map(({ id }) => id);
          expect(result.deleted + told.length).toBe(named.size);
          expect(told.every((id) => of.there.has(id))).toBe(true);
          expect([...left].filter((id) => !named.has(id as SnapshotId)).every((id) => of.there.has(id))).toBe(true);
          expect(of.there.size).toBe(left.size - of.deleted.length);
          // Whatever others have deleted meanwhile: this run takes nobody's last backup.
          const backups = [...of.there.values()].filter(({ state }) => state === 'completed');
          const had = snapshots.filter(
            ({ id, state }) =>
              left.has(id) && state === 'completed' && list[Number(id.slice(5))]!.kind !== 'recovering',
          );
          const after = new Set(backups.map(({ volumeId }) => volumeId));
          expect([...new Set(had.map(({ volumeId }) => volumeId))].filter((id) => before.has(id)).toSorted()).toEqual(
            [...after].toSorted(),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  function planOrNothing(snapshots: readonly Snapshot[], rules: Partial<RetentionRules>): CleanupPlan | undefined {
    try {
      return planFor(snapshots, {}, rules);
    } catch {
      return undefined;
    }
  }

  /** What happens to it between the plan and the work. */
  function meddle(of: ReturnType<typeof account>, at: number, kind: (typeof kinds)[number]): void {
    const id = idOf(at);
    if (kind === 'refused') of.trouble.set(id, () => new Refusal('conflict', 'no'));
    if (kind === 'away') of.trouble.set(id, () => new Transient('away'));
    if (kind === 'shared') of.shared.add(id);
    if (kind === 'image') of.images.push({ id: `ami-${at}`, name: '', state: 'available', snapshotIds: [id] });
    if (kind === 'gone') of.there.delete(id);
    if (kind === 'recovering') of.there.set(id, { ...of.there.get(id)!, state: 'recovering' });
  }
});

describe('the card', () => {
  it('of 10,000 deletions and 10,000 skips stays inside what Slack takes', () => {
    const many = Array.from({ length: 20_000 }, (_, at) => nightly(at + 1));
    const plan = planFor(many, {}, { keep: 10_000 });
    const failed = many.slice(0, 5_000).map(({ id }) => ({ id, why: 'x'.repeat(5_000) }));
    const result = { deleted: 5_000, failed, skipped: failed, recoverable: { count: 5_000, until: now } };
    for (const words of [planned(plan), done(plan, result)]) {
      const message: Message = { alert: words.summary, title: words.title, sections: words.sections };
      expect(findViolations('message', renderMessage({ message, token: 't' }).blocks)).toEqual([]);
    }
    expect(files(plan, undefined)[0]!.text.split('\n')).toHaveLength(20_001);
  });

  it('lets no cell of its file begin a formula', () => {
    const plan = planFor([nightly(1), nightly(2)]);
    const bad = {
      ...plan,
      skipped: [{ id: idOf(1), why: 'image' as const, detail: '' }],
      units: plan.units.map((unit) => ({ ...unit, why: '=cmd|"x",1' })),
    };
    expect(files(bad, undefined)[0]!.text).toContain(`"'=cmd|""x"",1"`);
  });
});
