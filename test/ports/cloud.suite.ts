import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { isRefusal, isTransient } from '#errors.ts';
import { type Cloud, type CloudAction, cloudActions, type Instance, type Volume } from '#ports/cloud.ts';
import type { InstanceId, SnapshotId, VolumeId } from '#ports/ids.ts';

/**
 * Where an EC2 differs from AWS. True: it does as AWS does. The suite asserts what holds on either side, so that a
 * difference that goes away, or a new one, shows.
 */
export type Capabilities = {
  /** The same client token gives the same volume, and other values with it are refused. */
  remembersTokens: boolean;
  /** Attaching at a device that another volume holds is refused. */
  refusesTakenDevices: boolean;
  /** CreateSnapshots copies the tags of the volumes and leaves out the excluded ones. */
  copiesTagsAndExcludes: boolean;
  /** Keys that start with `aws:` are refused. */
  reservesTags: boolean;
  /** Rebooting a stopped instance is refused. */
  refusesRebootOfStopped: boolean;
  /** Detaching the root volume of a running instance is refused. */
  keepsRunningRoots: boolean;
  /** A backslash in a filter value can be escaped. */
  escapesBackslashes: boolean;
  /** Actions it does not offer at all. */
  lacks: readonly CloudAction[];
  /** Reads it does not offer at all. */
  cannotTell: readonly Read[];
  /** An image keeps its snapshots from being deleted, whatever its state. */
  guardsImages: boolean;
};

const reads = [
  'volumeHealth',
  'rootTasks',
  'images',
  'launchTemplateSnapshots',
  'lockedSnapshots',
  'fastRestores',
  'archivedSnapshots',
  'recycleBin',
  'binnedVolumes',
] as const satisfies readonly (keyof Cloud)[];
type Read = (typeof reads)[number];

export type CloudWorld = {
  cloud: Cloud;
  capabilities: Capabilities;
  /** Where it listens. */
  url: string;
  /** us-east-1 unless said. */
  region?: string;
  close: () => Promise<void>;
};

/** What every Cloud does, on a fleet of at least five running instances of one zone with a data volume each. */
export function cloudSuite(name: string, setup: () => Promise<CloudWorld>): void {
  describe(`a cloud: ${name}`, () => {
    let world: CloudWorld;
    let cloud: Cloud;
    let can: Capabilities;
    let fleet: readonly Instance[];
    let take: () => Instance;

    beforeAll(async () => {
      world = await setup();
      cloud = world.cloud;
      can = world.capabilities;
      fleet = await cloud.instances({});
      const usable = fleet.filter(isUsable);
      const pool = usable.filter((one) => one.zone === usable[0]?.zone);
      if (pool.length < 5) throw new Error(`the suite needs 5 usable instances in one zone and found ${pool.length}`);
      take = () => {
        const one = pool.pop();
        if (one === undefined) throw new Error('the suite has used up its instances: start it with more');
        return one;
      };
    });
    afterAll(async () => {
      cloud?.close();
      await world?.close();
    });

    describe('finding things', () => {
      test('the place is an account, a Region and the endpoint in use', async () => {
        expect(await cloud.place()).toMatchObject({
          account: expect.stringMatching(/^\d{12}$/),
          region: world.region ?? 'us-east-1',
          endpoint: world.url,
        });
      });

      test('lists are complete over pages, without doubles, and agree with each other', async () => {
        const volumes = await cloud.volumes({});
        const health = await cloud.health();

        expect(fleet.length).toBeGreaterThan(5);
        expect(new Set(fleet.map((one) => one.id)).size).toBe(fleet.length);
        expect(new Set(volumes.map((one) => one.id)).size).toBe(volumes.length);
        const known = new Set(volumes.map((one) => one.id));
        for (const mapping of fleet.flatMap((one) => one.mappings)) expect(known).toContain(mapping.volumeId);
        expect(new Set(health.map((one) => one.instanceId))).toEqual(new Set(fleet.map((one) => one.id)));
      });

      test('volumes are found by their states', async () => {
        const used = await cloud.volumes({ states: ['in-use'] });
        expect(used.length).toBeGreaterThan(0);
        expect(new Set(used.map(({ state }) => state))).toEqual(new Set(['in-use']));
        expect(await cloud.volumes({ states: ['error'] })).toEqual([]);
      });

      test('an instance is found by id, by Name and by tag, and by all of them at once', async () => {
        const one = fleet.find(isUsable)!;
        await cloud.createTags([one.id], { 'suite-find': 'yes', Name: 'suite-find-me' });

        for (const query of [
          { ids: [one.id] },
          { names: ['nobody-is-called-so', 'suite-find-me'] },
          { tags: { 'suite-find': 'yes' } },
          { ids: [one.id], names: ['suite-find-me'], tags: { 'suite-find': 'yes' } },
        ])
          expect((await cloud.instances(query)).map((found) => found.id)).toEqual([one.id]);
        expect(await cloud.instances({ ids: [one.id], tags: { 'suite-find': 'no' } })).toEqual([]);
        expect(await cloud.instances({ tags: { 'suite-find': 'YES' } })).toEqual([]);
      });

      test.each(['a*c', 'a?c', String.raw`a\c`])('the wildcards in %j mean themselves', async (value) => {
        const [literal, other] = fleet.filter(isUsable);
        await cloud.createTags([literal!.id], { 'suite-wild': value });
        await cloud.createTags([other!.id], { 'suite-wild': 'abc' });

        const found = (await cloud.instances({ tags: { 'suite-wild': value } })).map((one) => one.id);

        expect(found).toEqual(value.includes('\\') && !can.escapesBackslashes ? [] : [literal!.id]);
      });

      test('the volumes of an instance are found by it, the snapshots of a volume by it', async () => {
        const one = fleet.find(isUsable)!;

        const volumes = await cloud.volumes({ instanceIds: [one.id] });

        expect(new Set(volumes.map((volume) => volume.id))).toEqual(new Set(one.mappings.map((at) => at.volumeId)));
        for (const volume of volumes) {
          expect(volume).toMatchObject({ state: 'in-use', zone: one.zone });
          expect(volume.attachments.map((at) => at.instanceId)).toEqual([one.id]);
          for (const snapshot of await cloud.snapshots({ volumeIds: [volume.id] }))
            expect(snapshot.volumeId).toBe(volume.id);
        }
      });

      test('what does not exist is refused by name', async () => {
        const instanceId: InstanceId = 'i-0ffffffffffffffff';
        const volumeId: VolumeId = 'vol-0ffffffffffffffff';
        const snapshotId: SnapshotId = 'snap-0ffffffffffffffff';
        const questions: readonly [ids: readonly string[], ask: () => Promise<unknown>][] = [
          [[instanceId], () => cloud.instances({ ids: [fleet[0]!.id, instanceId] })],
          [[instanceId], () => cloud.health([instanceId])],
          [[volumeId], () => cloud.volumes({ ids: [volumeId] })],
          [[snapshotId], () => cloud.snapshots({ ids: [snapshotId] })],
          [[instanceId], () => cloud.startInstances([instanceId])],
        ];

        for (const [ids, ask] of questions)
          expect(await refusalOf(ask())).toMatchObject({ code: 'not-found', data: { ids } });
      });

      test('health tells the three checks of running and the state of stopped instances', async () => {
        const one = take();
        expect(await cloud.health([one.id])).toMatchObject([{ instanceId: one.id, state: 'running' }]);

        await stop(one.id);

        expect(await cloud.health([one.id])).toMatchObject([{ instanceId: one.id, state: 'stopped' }]);
      });
    });

    describe('tags', () => {
      test('are written, overwritten and deleted, on several kinds of resources at once', async () => {
        const one = fleet.find(isUsable)!;
        const volumeId = one.mappings[0]!.volumeId;
        const tagsNow = async () => [
          (await cloud.instances({ ids: [one.id] }))[0]!.tags,
          (await cloud.volumes({ ids: [volumeId] }))[0]!.tags,
        ];

        await cloud.createTags([one.id, volumeId], { 'suite-a': '1', 'suite-b': '' });
        for (const tags of await tagsNow()) expect(tags).toMatchObject({ 'suite-a': '1', 'suite-b': '' });
        await cloud.createTags([one.id, volumeId], { 'suite-a': '2' });
        for (const tags of await tagsNow()) expect(tags).toMatchObject({ 'suite-a': '2', 'suite-b': '' });
        await cloud.deleteTags([one.id, volumeId], ['suite-a', 'suite-b', 'suite-never-there']);
        for (const tags of await tagsNow())
          expect(Object.keys(tags).filter((key) => key.startsWith('suite-a') || key === 'suite-b')).toEqual([]);
      });

      test('more than fifty are over the limit, and then none is written', async () => {
        const volumeId = fleet.find(isUsable)!.mappings[0]!.volumeId;
        const many = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`suite-many-${at}`, 'x']));

        expect(await refusalOf(cloud.createTags([volumeId], many))).toMatchObject({
          code: 'over-limit',
          data: { awsCode: 'TagLimitExceeded' },
        });
        expect(
          Object.keys((await cloud.volumes({ ids: [volumeId] }))[0]!.tags).filter((key) =>
            key.startsWith('suite-many'),
          ),
        ).toEqual([]);
      });

      test('keys of AWS itself are refused', async () => {
        const write = cloud.createTags([fleet[0]!.id], { 'aws:suite': 'x' });

        expect(await outcomeOf(write)).toBe(can.reservesTags ? 'bad-input' : 'done');
      });
    });

    describe('power', () => {
      test('stop and start change the state, and asking twice changes nothing', async () => {
        const one = take();

        await stop(one.id);
        await cloud.stopInstances([one.id]);
        expect((await cloud.instances({ ids: [one.id] }))[0]!.state).toBe('stopped');
        await start(one.id);
        await cloud.startInstances([one.id]);
        expect((await cloud.instances({ ids: [one.id] }))[0]!.state).toBe('running');
      });

      test('one unknown instance among many: nothing is done for the others', async () => {
        const one = fleet.find((candidate) => isUsable(candidate))!;

        expect((await refusalOf(cloud.stopInstances([one.id, 'i-0ffffffffffffffff']))).code).toBe('not-found');
        expect((await cloud.instances({ ids: [one.id] }))[0]!.state).toBe('running');
      });

      test('a running instance can be rebooted, a stopped one cannot', async () => {
        const one = take();
        await cloud.rebootInstances([one.id]);
        await stop(one.id);

        const reboot = cloud.rebootInstances([one.id]);

        expect(await outcomeOf(reboot)).toBe(can.refusesRebootOfStopped ? 'conflict' : 'done');
      });
    });

    describe('snapshots', () => {
      test('the volumes of an instance are one set, tagged at creation and found by that tag', async () => {
        const one = fleet.find(isUsable)!;
        const [root, data] = split(one);
        await cloud.createTags([data], { 'suite-copied': 'from-volume' });

        const set = await patiently(() =>
          cloud.createSnapshots({
            instanceId: one.id,
            excludeVolumeIds: [],
            excludeBoot: false,
            tags: { 'suite-set': 'all' },
            description: 'suite – all',
          }),
        );

        expect(new Set(set.map((snapshot) => snapshot.volumeId))).toEqual(
          new Set([root, ...one.mappings.map((at) => at.volumeId)]),
        );
        const found = await until(
          () => cloud.snapshots({ tags: { 'suite-set': 'all' } }),
          (list) => list.length === set.length && list.every((snapshot) => snapshot.state === 'completed'),
        );
        expect(new Set(found.map((snapshot) => snapshot.id))).toEqual(new Set(set.map((snapshot) => snapshot.id)));
        const inState = (states: string[]) => cloud.snapshots({ tags: { 'suite-set': 'all' }, states });
        expect(await inState(['completed', 'recovering'])).toHaveLength(found.length);
        expect(await inState(['pending', 'error'])).toEqual([]);
        const ofData = found.find((snapshot) => snapshot.volumeId === data)!;
        expect(ofData).toMatchObject({ progress: 100, tier: 'standard', description: 'suite  all' });
        expect(ofData.tags['suite-copied']).toBe(can.copiesTagsAndExcludes ? 'from-volume' : undefined);
        const instants = new Set(found.map((snapshot) => snapshot.startedAt)).size;
        expect(instants).toBeLessThanOrEqual(can.copiesTagsAndExcludes ? 1 : found.length);
      });

      test('the root and chosen volumes can be left out of a set', async () => {
        const one = fleet.find(isUsable)!;
        const [root, data] = split(one);

        const noRoot = await patiently(() =>
          cloud.createSnapshots({
            instanceId: one.id,
            excludeVolumeIds: [],
            excludeBoot: true,
            tags: { 'suite-set': 'no-root' },
            description: '',
          }),
        );
        expect(noRoot.map((snapshot) => snapshot.volumeId)).not.toContain(root);
        const noData = await patiently(() =>
          cloud.createSnapshots({
            instanceId: one.id,
            excludeVolumeIds: [data],
            excludeBoot: false,
            tags: { 'suite-set': 'no-data' },
            description: '',
          }),
        );

        expect(noData.map((snapshot) => snapshot.volumeId).includes(data)).toBe(!can.copiesTagsAndExcludes);
        await until(
          () => cloud.snapshots({ tags: { 'suite-set': 'no-root' } }),
          (list) => list.every((snapshot) => snapshot.state === 'completed'),
        );
        await until(
          () => cloud.snapshots({ tags: { 'suite-set': 'no-data' } }),
          (list) => list.every((snapshot) => snapshot.state === 'completed'),
        );
      });

      test('one volume can be snapshotted alone; deleting the snapshot twice is fine', async () => {
        const [, data] = split(fleet.find(isUsable)!);

        const made = await patiently(() =>
          cloud.createSnapshot({ volumeId: data, tags: { 'suite-one': 'x' }, description: 'one' }),
        );
        expect(made).toMatchObject({ volumeId: data, tags: { 'suite-one': 'x' }, description: 'one' });
        await until(
          () => cloud.snapshots({ tags: { 'suite-one': 'x' } }),
          ([snapshot]) => snapshot?.state === 'completed',
        );
        await cloud.deleteSnapshot(made.id);
        await cloud.deleteSnapshot(made.id);

        expect((await refusalOf(cloud.snapshots({ ids: [made.id] }))).code).toBe('not-found');
      });
    });

    describe('volumes', () => {
      test('a new volume has what was asked for; the same token gives the same one', async () => {
        const one = fleet.find(isUsable)!;
        const source = await volume(split(one)[1]);
        const snapshotId = await completedSnapshot(source.id, 'suite-token');
        const sizeGiB = source.sizeGiB + 2;
        const wanted = {
          zone: one.zone,
          type: 'gp3',
          sizeGiB,
          encrypted: source.encrypted,
          snapshotId,
          tags: { Name: 'suite-new', 'suite-volume': 'token' },
          token: 'suite-token-1',
        } as const;

        const first = await cloud.createVolume(wanted);
        const second = await cloud.createVolume(wanted);

        expect(first).toMatchObject({
          name: 'suite-new',
          type: 'gp3',
          sizeGiB,
          zone: one.zone,
          snapshotId,
          tags: wanted.tags,
          attachments: [],
        });
        expect(second.id === first.id).toBe(can.remembersTokens);
        const made = await until(
          () => cloud.volumes({ tags: { 'suite-volume': 'token' } }),
          (list) => list.length > 0 && list.every((volume) => volume.state === 'available'),
        );
        expect(made).toHaveLength(can.remembersTokens ? 1 : 2);
        const other = cloud.createVolume({ ...wanted, sizeGiB: sizeGiB + 1 });
        expect(await outcomeOf(other)).toBe(can.remembersTokens ? 'conflict' : 'done');
        for (const { id } of await cloud.volumes({ tags: { 'suite-volume': 'token' } })) {
          await cloud.deleteVolume(id);
          await cloud.deleteVolume(id);
        }
        await until(
          () => cloud.volumes({ tags: { 'suite-volume': 'token' } }),
          (list) => list.length === 0,
        );
      });

      test('an attached volume cannot be deleted', async () => {
        const [, data] = split(fleet.find(isUsable)!);

        expect(await refusalOf(cloud.deleteVolume(data))).toMatchObject({
          code: 'conflict',
          data: { awsCode: 'VolumeInUse' },
        });
      });

      test('a volume that is in use elsewhere stays there', async () => {
        const [one, other] = fleet.filter(isUsable);
        const [, data] = split(one!);

        expect(
          await refusalOf(cloud.attachVolume({ volumeId: data, instanceId: other!.id, device: '/dev/sdx' })),
        ).toMatchObject({ code: 'conflict', message: expect.stringContaining(one!.id) });
        expect(await refusalOf(cloud.detachVolume({ volumeId: data, instanceId: other!.id }))).toMatchObject({
          code: 'conflict',
          message: expect.stringContaining(one!.id),
        });
        expect((await volume(data)).attachments).toMatchObject([{ instanceId: one!.id, state: 'attached' }]);
      });

      test('a device holds one volume', async () => {
        const one = can.refusesTakenDevices ? fleet.find(isUsable)! : take();
        const [, data] = split(one);
        const held = await volume(data);
        const device = held.attachments[0]!.device;
        const { id } = await cloud.createVolume({
          zone: one.zone,
          type: 'gp3',
          sizeGiB: held.sizeGiB,
          encrypted: held.encrypted,
          snapshotId: await completedSnapshot(data, 'suite-device'),
          tags: {},
          token: 'suite-device-1',
        });
        await until(
          () => volume(id),
          ({ state }) => state === 'available',
        );

        const attach = cloud.attachVolume({ volumeId: id, instanceId: one.id, device });

        expect(await outcomeOf(attach)).toBe(can.refusesTakenDevices ? 'conflict' : 'done');
      });

      test('the root volume of a running instance stays', async () => {
        const one = can.keepsRunningRoots ? fleet.find(isUsable)! : take();
        const [root] = split(one);

        const detach = cloud.detachVolume({ volumeId: root, instanceId: one.id });

        // AWS documents no code for it; both are in use.
        expect(can.keepsRunningRoots ? ['unsuitable', 'conflict'] : ['done']).toContain(await outcomeOf(detach));
      });
    });

    test('a data volume is replaced from a snapshot end to end, and every step may be asked twice', async () => {
      const one = take();
      const mapping = one.mappings.find((at) => at.device !== one.rootDevice)!;
      const old = await volume(mapping.volumeId);
      const snapshotId = await completedSnapshot(old.id, 'suite-restore');

      await stop(one.id);
      await cloud.detachVolume({ volumeId: old.id, instanceId: one.id });
      await cloud.detachVolume({ volumeId: old.id, instanceId: one.id });
      expect(
        await until(
          () => volume(old.id),
          ({ state }) => state === 'available',
        ),
      ).toMatchObject({ attachments: [] });
      await cloud.detachVolume({ volumeId: old.id, instanceId: one.id });
      const { id } = await cloud.createVolume({
        zone: old.zone,
        type: old.type,
        sizeGiB: old.sizeGiB,
        encrypted: old.encrypted,
        ...(old.kmsKeyId === undefined ? {} : { kmsKeyId: old.kmsKeyId }),
        snapshotId,
        tags: { 'suite-restored': old.id },
        token: 'suite-restore-1',
      });
      await until(
        () => volume(id),
        ({ state }) => state === 'available',
      );
      const at = { volumeId: id, instanceId: one.id, device: mapping.device };
      await cloud.attachVolume(at);
      await cloud.attachVolume(at);
      const attached = await until(
        () => volume(id),
        ({ attachments }) => attachments[0]?.state === 'attached',
      );
      await cloud.attachVolume(at);
      for (const value of [true, false, mapping.deleteOnTermination]) {
        await cloud.setDeleteOnTermination({ instanceId: one.id, device: mapping.device, value });
        const [seen] = await cloud.instances({ ids: [one.id] });
        expect(seen!.mappings.find((other) => other.volumeId === id)).toMatchObject({ deleteOnTermination: value });
      }
      await start(one.id);

      expect(attached).toMatchObject({ state: 'in-use', snapshotId, tags: { 'suite-restored': old.id } });
      expect(attached.attachments).toMatchObject([{ instanceId: one.id, device: mapping.device }]);
      const [now] = await cloud.instances({ ids: [one.id] });
      const others = one.mappings.filter((other) => other.volumeId !== old.id);
      expect(new Set(now!.mappings.map((other) => `${other.device} ${other.volumeId}`))).toEqual(
        new Set([...others.map((other) => `${other.device} ${other.volumeId}`), `${mapping.device} ${id}`]),
      );
      expect((await volume(old.id)).state).toBe('available');
    });

    describe('what guards snapshots', () => {
      test.each(reads)('%s is told in full, or the endpoint is said not to offer it', async (read) => {
        const ask = async (): Promise<readonly unknown[]> =>
          read === 'rootTasks' ? cloud.rootTasks({}) : cloud[read]();

        expect(await outcomeOf(ask())).toBe(can.cannotTell.includes(read) ? 'not-offered' : 'done');
      });

      test('a snapshot that an image stands on cannot be deleted, and the refusal names the image', async () => {
        const [image] = (await cloud.images()).filter((one) => one.snapshotIds.length > 0);

        const refused = await outcomeOf(cloud.deleteSnapshot(image!.snapshotIds[0]!));

        expect(refused).toBe(can.guardsImages ? 'conflict' : 'done');
      });

      test('a snapshot is shared with another account, and no longer', async () => {
        const [, data] = split(fleet.find(isUsable)!);
        const snapshotId = await completedSnapshot(data, 'suite-shared');
        const share = (shared: boolean) => cloud.shareSnapshot({ snapshotId, account: '111122223333', shared });

        expect(await cloud.sharedWith(snapshotId)).toEqual([]);
        await share(true);
        await share(true);
        expect(await cloud.sharedWith(snapshotId)).toEqual(['111122223333']);
        await share(false);
        expect(await cloud.sharedWith(snapshotId)).toEqual([]);
      });

      test('a copy is a snapshot of its own, tagged at creation', async () => {
        const [, data] = split(fleet.find(isUsable)!);
        const source = await completedSnapshot(data, 'suite-copied-from');

        const id = await cloud.copySnapshot({
          sourceRegion: world.region ?? 'us-east-1',
          snapshotId: source,
          tags: { 'suite-copy': 'x' },
          description: 'suite – copy',
        });

        const [copy] = await until(
          () => cloud.snapshots({ tags: { 'suite-copy': 'x' } }),
          ([one]) => one?.state === 'completed',
        );
        expect(copy).toMatchObject({ id, sizeGiB: (await volume(data)).sizeGiB });
        expect(id).not.toBe(source);
      });
    });

    describe('facts about instances', () => {
      test('protection, zones, limits of attachments and the console are told', async () => {
        const one = fleet.find(isUsable)!;

        expect(await cloud.stopProtection(one.id)).toBe(false);
        expect(await cloud.terminationProtection(one.id)).toBe(false);
        expect((await cloud.zones()).map(({ name }) => name)).toContain(one.zone);
        const limits = await cloud.attachmentLimits([one.type, 'no.such-type']);
        expect(Object.keys(limits).filter((type) => type !== one.type)).toEqual([]);
        for (const { most } of Object.values(limits)) expect(most).toBeGreaterThan(1);
        expect((await cloud.consoleOutput(one.id)).text).toContain('Linux');
        expect(one).toMatchObject({ instanceStore: false, architecture: 'x86_64' });
      });
    });

    describe('a root volume', () => {
      const why = 'is replaced in place from its own snapshot, once per token, and put back by the old volume';
      test(`${why}; or the endpoint is said not to offer it`, async () => {
        const one = take();
        const [root] = split(one);
        const snapshotId = await completedSnapshot(root, 'suite-root');
        const wanted = { instanceId: one.id, from: { snapshotId }, token: 'suite-root-1', tags: { 'suite-task': 'x' } };
        if (can.lacks.includes('CreateReplaceRootVolumeTask')) {
          // oxlint-disable-next-line vitest/no-conditional-expect -- it holds on either side
          expect(await outcomeOf(cloud.replaceRoot(wanted))).toBe('not-offered');
          return;
        }

        const task = await cloud.replaceRoot(wanted);
        const again = await cloud.replaceRoot(wanted);
        const [ended] = await until(
          () => cloud.rootTasks({ tags: { 'suite-task': 'x' }, instanceIds: [one.id] }),
          ([seen]) => seen?.completedAt !== undefined,
        );

        /* oxlint-disable vitest/no-conditional-expect -- where it is offered, all of it holds */
        expect(again.id).toBe(task.id);
        expect(ended).toMatchObject({ id: task.id, state: 'succeeded', snapshotId, tags: { 'suite-task': 'x' } });
        const next = await rootNow(one);
        expect(next).not.toBe(root);
        expect(await volume(root)).toMatchObject({ state: 'available', attachments: [] });
        expect(await volume(next)).toMatchObject({ state: 'in-use', snapshotId });
        const back = await cloud.replaceRoot({
          instanceId: one.id,
          from: { volumeId: root },
          token: 'suite-root-2',
          tags: {},
        });
        await until(
          () => cloud.rootTasks({ ids: [back.id] }),
          ([seen]) => seen?.state === 'succeeded',
        );
        expect(await rootNow(one)).toBe(root);
        const elsewhere = { ...wanted, instanceId: fleet.find(isUsable)!.id, token: 'suite-root-3' };
        expect(await outcomeOf(cloud.replaceRoot(elsewhere))).toBe('bad-input');
        /* oxlint-enable vitest/no-conditional-expect */
      });
    });

    test('every action is permitted, and asking changes nothing', async () => {
      const one = fleet.find(isUsable)!;
      const [, data] = split(one);
      const [snapshot] = await cloud.snapshots({});
      const before = await cloud.instances({ ids: [one.id] });
      const of = {
        instanceId: one.id,
        volumeId: data,
        snapshotId: snapshot!.id,
        zone: one.zone,
        device: '/dev/sdx',
        imageId: (await cloud.images())[0]!.id,
      } as const;

      for (const action of cloudActions) {
        const answer = await outcomeOf(cloud.permits(action, of).then((told) => expect(told.permitted).toBe(true)));
        expect([action, answer]).toEqual([action, can.lacks.includes(action) ? 'not-offered' : 'done']);
      }

      expect(await cloud.instances({ ids: [one.id] })).toEqual(before);
    });

    async function rootNow(of: Instance): Promise<VolumeId> {
      const [one] = await cloud.instances({ ids: [of.id] });
      return split(one!)[0];
    }

    async function volume(id: VolumeId): Promise<Volume> {
      return (await cloud.volumes({ ids: [id] }))[0]!;
    }

    async function stop(id: InstanceId): Promise<void> {
      await cloud.stopInstances([id]);
      await until(
        () => cloud.instances({ ids: [id] }),
        ([one]) => one?.state === 'stopped',
      );
    }

    async function start(id: InstanceId): Promise<void> {
      await cloud.startInstances([id]);
      await until(
        () => cloud.instances({ ids: [id] }),
        ([one]) => one?.state === 'running',
      );
    }

    async function completedSnapshot(volumeId: VolumeId, tag: string): Promise<SnapshotId> {
      const { id } = await patiently(() => cloud.createSnapshot({ volumeId, tags: { [tag]: 'x' }, description: tag }));
      await until(
        () => cloud.snapshots({ tags: { [tag]: 'x' } }),
        (list) => list[0]?.state === 'completed',
      );
      return id;
    }
  });
}

/** Running, nobody else's, and with a root and a data volume that nothing else holds. */
function isUsable(one: Instance): boolean {
  const plain = one.autoScalingGroup === undefined && one.managedBy === undefined && !one.marketplace;
  return (
    plain &&
    one.state === 'running' &&
    one.mappings.length >= 2 &&
    one.mappings.some((at) => at.device === one.rootDevice)
  );
}

/** Its root and its first data volume. */
function split(one: Instance): [root: VolumeId, data: VolumeId] {
  const root = one.mappings.find((at) => at.device === one.rootDevice)!;
  const data = one.mappings.find((at) => at.device !== one.rootDevice)!;
  return [root.volumeId, data.volumeId];
}

/** The code of its refusal, or `done`. */
async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}

async function refusalOf(
  work: Promise<unknown>,
): Promise<{ code: string; message: string; data: Record<string, unknown> }> {
  try {
    await work;
  } catch (error) {
    if (isRefusal(error)) return { code: error.code, message: error.message, data: error.data };
    throw error;
  }
  throw new Error('expected a refusal, but it went through');
}

/** Looks again until it is so; what is not visible yet counts as not so. */
async function until<T>(look: () => Promise<T>, enough: (seen: T) => boolean): Promise<T> {
  return expect
    .poll(
      async () => {
        const seen = await patiently(look);
        return enough(seen) ? { seen } : undefined;
      },
      { timeout: 15_000, interval: 20 },
    )
    .toBeDefined()
    .then(() => patiently(look));
}

/** Transient failures are the caller's to repeat. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isTransient(error) || attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
