import type { Action, Call } from './call.ts';
import { describe, listParameters } from './describe.ts';
import { readFilters } from './filters.ts';
import { checkIds, list, required } from './form.ts';
import type { Snapshot, Template, Volume } from './model.ts';
import { pageOf } from './pages.ts';
import { invalid, missing } from './problems.ts';
import { volumeState } from './states.ts';
import { exists, find, type World } from './world.ts';
import { iso, tagSet } from './xml.ts';

/** What else uses or guards snapshots. */

function own(world: World): (snapshot: Snapshot) => boolean {
  return (snapshot) => snapshot.ownerId === world.account && exists(world, 'snapshot', snapshot);
}

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html */
export const describeLockedSnapshots: Action = {
  takes: [...listParameters, 'SnapshotId'],
  run: (call) => {
    const { world } = call;
    const isOwn = own(world);
    const stateOf = ({ lock }: Snapshot) => (lock && world.now() < lock.until ? lock.mode : 'expired');
    const page = describe(call, 'snapshot', {
      ids: 'SnapshotId',
      rule: { least: 5, most: 1_000 },
      noTagFilters: true,
      fields: { 'lock-state': (one) => [stateOf(one)] },
      also: (one) => isOwn(one) && one.lock !== undefined,
    });
    return {
      snapshotSet: page.items.map((one) => ({
        snapshotId: one.id,
        ownerId: one.ownerId,
        lockState: stateOf(one),
        lockCreatedOn: one.lock && iso(one.lock.since),
        lockDurationStartTime: one.lock && iso(one.lock.since),
        lockExpiresOn: one.lock && iso(one.lock.until),
      })),
      nextToken: page.nextToken,
    };
  },
};

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFastSnapshotRestores.html */
export const describeFastSnapshotRestores: Action = {
  takes: listParameters,
  run: (call) => {
    const { world } = call;
    const restores = world.tables.snapshot
      .all()
      .filter(own(world))
      .flatMap((snapshot) => (snapshot.fastRestores ?? []).map(({ zone }) => ({ snapshot, zone })));
    const passes = readFilters<(typeof restores)[number]>(call.form, {
      'snapshot-id': ({ snapshot }) => [snapshot.id],
      'availability-zone': ({ zone }) => [zone],
      'owner-id': ({ snapshot }) => [snapshot.ownerId],
      state: () => ['enabled'],
    });
    const keyOf = ({ snapshot, zone }: (typeof restores)[number]) => `${snapshot.id} ${zone}`;
    const page = pageOf(restores.filter(passes), keyOf, call, { least: 0, most: 200 });
    return {
      fastSnapshotRestoreSet: page.items.map(({ snapshot, zone }) => ({
        snapshotId: snapshot.id,
        availabilityZone: zone,
        state: 'enabled',
        ownerId: snapshot.ownerId,
        enabledTime: iso(snapshot.doneAt),
      })),
      nextToken: page.nextToken,
    };
  },
};

export const describeSnapshotTierStatus: Action = {
  takes: listParameters,
  run: (call) => {
    const { world } = call;
    const isOwn = own(world);
    const page = describe(call, 'snapshot', {
      ids: 'SnapshotId',
      rule: { least: 5, most: 1_000 },
      fields: {
        'snapshot-id': ({ id }) => [id],
        'volume-id': ({ volumeId }) => [volumeId],
        'last-tiering-operation': ({ archivedAt }) => [archivedAt === undefined ? undefined : 'archival-completed'],
      },
      also: isOwn,
    });
    return {
      snapshotTierStatusSet: page.items.map((one) => ({
        snapshotId: one.id,
        volumeId: one.volumeId,
        ownerId: one.ownerId,
        storageTier: one.tier,
        ...(one.archivedAt === undefined
          ? {}
          : {
              lastTieringOperationStatus: 'archival-completed',
              lastTieringProgress: 100,
              archivalCompleteTime: iso(one.archivedAt),
            }),
        tagSet: tagSet(one.tags),
      })),
      nextToken: page.nextToken,
    };
  },
};

/** Source: https://docs.aws.amazon.com/ebs/latest/userguide/recycle-bin.html */
export const listSnapshotsInRecycleBin: Action = {
  takes: ['SnapshotId', 'MaxResults', 'NextToken', 'DryRun'],
  run: (call) => {
    const found = inBin(call, 'snapshot', call.world.tables.snapshot.all(), ({ binned }) => binned !== undefined);
    const page = pageOf(found, ({ id }) => id, call, { least: 5, most: 1_000, ids: 'SnapshotId' });
    return {
      snapshotSet: page.items.map(({ id, volumeId, description, binned }) => ({
        snapshotId: id,
        volumeId,
        description,
        recycleBinEnterTime: binned && iso(binned.since),
        recycleBinExitTime: binned && iso(binned.until),
      })),
      nextToken: page.nextToken,
    };
  },
};

export const listVolumesInRecycleBin: Action = {
  takes: ['VolumeId', 'MaxResults', 'NextToken', 'DryRun'],
  run: (call) => {
    const { world } = call;
    const isIn = (one: Volume) => one.binnedUntil !== undefined && volumeState(one, world.now()) === undefined;
    const page = pageOf(inBin(call, 'volume', world.tables.volume.all(), isIn), ({ id }) => id, call, {
      least: 5,
      most: 500,
      ids: 'VolumeId',
    });
    return {
      volumeSet: page.items.map(({ id, type, sizeGiB, snapshotId, zone, bornAt, leaving, binnedUntil }) => ({
        volumeId: id,
        volumeType: type,
        size: sizeGiB,
        state: 'available',
        snapshotId,
        availabilityZone: zone,
        createTime: iso(bornAt),
        recycleBinEnterTime: leaving && iso(leaving.goneAt),
        recycleBinExitTime: binnedUntil === undefined ? undefined : iso(binnedUntil),
      })),
      nextToken: page.nextToken,
    };
  },
};

function inBin<T extends { id: string }>(
  { form }: Call,
  kind: 'snapshot' | 'volume',
  all: readonly T[],
  isIn: (one: T) => boolean,
): T[] {
  const ids = list(form, kind === 'snapshot' ? 'SnapshotId' : 'VolumeId');
  checkIds(kind, ids);
  return all.filter((one) => isIn(one) && (ids.length === 0 || ids.includes(one.id)));
}

export const describeLaunchTemplates: Action = {
  takes: [...listParameters, 'LaunchTemplateId'],
  run: (call) => {
    const page = describe(call, 'template', {
      ids: 'LaunchTemplateId',
      rule: { least: 1, most: 200 },
      fields: { 'launch-template-name': ({ name }) => [name] },
    });
    return {
      launchTemplates: page.items.map((one) => ({
        launchTemplateId: one.id,
        launchTemplateName: one.name,
        createTime: iso(one.bornAt),
        defaultVersionNumber: 1,
        latestVersionNumber: one.versions.length,
        tagSet: tagSet(one.tags),
      })),
      nextToken: page.nextToken,
    };
  },
};

/** All versions are told of one template at a time only. */
export const describeLaunchTemplateVersions: Action = {
  takes: [...listParameters, 'LaunchTemplateId', 'LaunchTemplateVersion', 'ResolveAlias'],
  run: (call) => {
    const { world, form } = call;
    const asked = list(form, 'LaunchTemplateVersion');
    const byAlias = asked.length > 0 && asked.every((one) => one === '$Latest' || one === '$Default');
    if (!form.has('LaunchTemplateId') && asked.length === 0) throw missing('LaunchTemplateId');
    if (!form.has('LaunchTemplateId') && !byAlias)
      throw invalid('Versions of all templates go by $Latest and $Default.');
    const templates = form.has('LaunchTemplateId')
      ? find(world, 'template', [required(form, 'LaunchTemplateId')])
      : world.tables.template.all();
    const found = templates.flatMap((template) =>
      template.versions.filter(isAsked(template, asked)).map((version) => ({ template, version })),
    );
    const keyOf = ({ template, version }: (typeof found)[number]) =>
      `${template.id} ${String(version.number).padStart(6, '0')}`;
    const page = pageOf(found, keyOf, call, { least: 1, most: 200 });
    return {
      launchTemplateVersionSet: page.items.map(({ template, version }) => ({
        launchTemplateId: template.id,
        launchTemplateName: template.name,
        versionNumber: version.number,
        defaultVersion: version.number === 1,
        createTime: iso(template.bornAt),
        launchTemplateData: {
          imageId: version.imageId,
          blockDeviceMappingSet: version.snapshotIds.map((snapshotId, at) => ({
            deviceName: `/dev/sd${'fghijklm'[at] ?? 'n'}`,
            ebs: { snapshotId, volumeType: 'gp3', deleteOnTermination: true },
          })),
        },
      })),
      nextToken: page.nextToken,
    };
  },
};

function isAsked({ versions }: Template, asked: readonly string[]): (version: { number: number }) => boolean {
  const numbers = new Set(
    asked.map((one) => (one === '$Latest' ? versions.length : one === '$Default' ? 1 : Number(one))),
  );
  return ({ number }) => numbers.size === 0 || numbers.has(number);
}
