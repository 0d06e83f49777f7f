import { z } from 'zod';

import type { Holds, Image, TemplateUse } from '#ports/holds.ts';
import type { SnapshotId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import { type EveryPage, upTo } from './pages.ts';
import { given, imageId, instant, many, snapshotId, text, volumeId, writtenInstant } from './reading.ts';
import { gone } from './shared.ts';

/** Sources: API_DescribeFastSnapshotRestores, API_DescribeLaunchTemplates and API_DescribeLaunchTemplateVersions in
 *  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ (up to 200 in a page). */
const mostRestores = 200;
const mostTemplates = 200;

const Disks = many(z.object({ Ebs: z.object({ SnapshotId: text }).optional() })).transform((list): SnapshotId[] => [
  ...new Set(list.flatMap(({ Ebs }) => snapshotId.safeParse(Ebs?.SnapshotId).data ?? [])),
]);

const ImageReply = z
  .object({
    ImageId: imageId,
    Name: text,
    State: text,
    CreationDate: writtenInstant,
    DeprecationTime: writtenInstant,
    BlockDeviceMappings: Disks,
  })
  .transform((reply): Image => ({
    id: reply.ImageId,
    name: reply.Name ?? '',
    state: reply.State ?? 'available',
    ...given('createdAt', reply.CreationDate),
    ...given('deprecatedAt', reply.DeprecationTime),
    snapshotIds: reply.BlockDeviceMappings,
  }));
const ImagesPage = z.object({ NextToken: text, Images: many(ImageReply) });

const TemplatesPage = z.object({ NextToken: text, LaunchTemplates: many(z.object({ LaunchTemplateId: z.string() })) });
const VersionReply = z
  .object({
    LaunchTemplateId: z.string(),
    LaunchTemplateName: text,
    VersionNumber: z.number(),
    LaunchTemplateData: z.object({ ImageId: text, BlockDeviceMappings: Disks }).optional(),
  })
  .transform((reply): TemplateUse => ({
    templateId: reply.LaunchTemplateId,
    templateName: reply.LaunchTemplateName ?? '',
    version: reply.VersionNumber,
    ...given('imageId', reply.LaunchTemplateData?.ImageId),
    snapshotIds: reply.LaunchTemplateData?.BlockDeviceMappings ?? [],
  }));
const VersionsPage = z.object({ NextToken: text, LaunchTemplateVersions: many(VersionReply) });

const LocksPage = z.object({
  NextToken: text,
  Snapshots: many(
    z.object({ SnapshotId: snapshotId, LockState: text, LockExpiresOn: instant.optional() }).transform((reply) => ({
      id: reply.SnapshotId,
      state: reply.LockState ?? 'compliance',
      ...given('until', reply.LockExpiresOn),
    })),
  ),
});
const RestoresPage = z.object({
  NextToken: text,
  FastSnapshotRestores: many(
    z.object({ SnapshotId: snapshotId, AvailabilityZone: text, State: text }).transform((reply) => ({
      snapshotId: reply.SnapshotId,
      zone: reply.AvailabilityZone ?? '',
      state: reply.State ?? '',
    })),
  ),
});
const TiersPage = z.object({
  NextToken: text,
  SnapshotTierStatuses: many(
    z
      .object({
        SnapshotId: snapshotId,
        LastTieringOperationStatus: text,
        ArchivalCompleteTime: instant.optional(),
        RestoreExpiryTime: instant.optional(),
      })
      .transform((reply) => ({
        id: reply.SnapshotId,
        status: reply.LastTieringOperationStatus ?? '',
        ...given('archivedAt', reply.ArchivalCompleteTime),
        ...given('restoredUntil', reply.RestoreExpiryTime),
      })),
  ),
});
const Permissions = z.object({ CreateVolumePermissions: many(z.object({ UserId: text, Group: text })) });

const inBin = { RecycleBinEnterTime: instant.optional(), RecycleBinExitTime: instant.optional() };
const BinnedSnapshots = z.object({
  NextToken: text,
  Snapshots: many(
    z.object({ SnapshotId: snapshotId, VolumeId: text, ...inBin }).transform((reply) => ({
      id: reply.SnapshotId,
      ...given('enteredAt', reply.RecycleBinEnterTime),
      ...given('until', reply.RecycleBinExitTime),
      ...given('volumeId', volumeId.safeParse(reply.VolumeId).data),
    })),
  ),
});
const BinnedVolumes = z.object({
  NextToken: text,
  Volumes: many(
    z.object({ VolumeId: volumeId, SnapshotId: text, ...inBin }).transform((reply) => ({
      id: reply.VolumeId,
      ...given('enteredAt', reply.RecycleBinEnterTime),
      ...given('until', reply.RecycleBinExitTime),
      ...given('snapshotId', snapshotId.safeParse(reply.SnapshotId).data),
    })),
  ),
});

/** What else uses or guards snapshots; every list page by page, in the large buckets. */
export function createHolds(send: Send, everyPage: EveryPage, { recent }: Pick<Caller, 'recent'>): Holds {
  const images: Holds['images'] = async () => {
    const pages = await everyPage([[]], ImagesPage, (page) => ({
      action: 'DescribeImages',
      command: (sdk) =>
        new sdk.DescribeImagesCommand({ ...page, Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true }),
    }));
    return pages.flatMap((page) => page.Images);
  };

  const launchTemplateSnapshots: Holds['launchTemplateSnapshots'] = async () => {
    const pages = await everyPage([[]], TemplatesPage, (page) => ({
      action: 'DescribeLaunchTemplates',
      command: (sdk) => new sdk.DescribeLaunchTemplatesCommand(upTo(mostTemplates, page)),
    }));
    const uses = [];
    // All versions are told for one template at a time only.
    for (const { LaunchTemplateId } of pages.flatMap((page) => page.LaunchTemplates)) {
      const versions = await everyPage([[]], VersionsPage, (page) => ({
        action: 'DescribeLaunchTemplateVersions',
        command: (sdk) =>
          new sdk.DescribeLaunchTemplateVersionsCommand({ ...upTo(mostTemplates, page), LaunchTemplateId }),
      }));
      uses.push(...versions.flatMap((page) => page.LaunchTemplateVersions));
    }
    return uses.filter((use) => use.imageId !== undefined || use.snapshotIds.length > 0);
  };

  const lockedSnapshots: Holds['lockedSnapshots'] = async () => {
    const pages = await everyPage([[]], LocksPage, (page) => ({
      action: 'DescribeLockedSnapshots',
      command: (sdk) => new sdk.DescribeLockedSnapshotsCommand(page),
    }));
    return pages.flatMap((page) => page.Snapshots);
  };

  const fastRestores: Holds['fastRestores'] = async () => {
    const pages = await everyPage([[]], RestoresPage, (page) => ({
      action: 'DescribeFastSnapshotRestores',
      command: (sdk) => new sdk.DescribeFastSnapshotRestoresCommand(upTo(mostRestores, page)),
    }));
    return pages.flatMap((page) => page.FastSnapshotRestores);
  };

  const archivedSnapshots: Holds['archivedSnapshots'] = async () => {
    const pages = await everyPage([[]], TiersPage, (page) => ({
      action: 'DescribeSnapshotTierStatus',
      command: (sdk) => new sdk.DescribeSnapshotTierStatusCommand(page),
    }));
    return pages.flatMap((page) => page.SnapshotTierStatuses);
  };

  const sharedWith: Holds['sharedWith'] = async (id) => {
    const input = { SnapshotId: id, Attribute: 'createVolumePermission' as const };
    const { CreateVolumePermissions } = await send(
      { action: 'DescribeSnapshotAttribute', command: (sdk) => new sdk.DescribeSnapshotAttributeCommand(input) },
      Permissions,
    );
    return CreateVolumePermissions.flatMap(({ UserId, Group }) => UserId ?? Group ?? []);
  };

  const recycleBin: Holds['recycleBin'] = async () => {
    const pages = await everyPage([[]], BinnedSnapshots, (page) => ({
      action: 'ListSnapshotsInRecycleBin',
      command: (sdk) => new sdk.ListSnapshotsInRecycleBinCommand(page),
    }));
    return pages.flatMap((page) => page.Snapshots);
  };

  const binnedVolumes: Holds['binnedVolumes'] = async () => {
    const pages = await everyPage([[]], BinnedVolumes, (page) => ({
      action: 'ListVolumesInRecycleBin',
      command: (sdk) => new sdk.ListVolumesInRecycleBinCommand(page),
    }));
    return pages.flatMap((page) => page.Volumes);
  };

  const deregisterImage: Holds['deregisterImage'] = (id) =>
    gone(id, recent, () =>
      send(
        { action: 'DeregisterImage', command: (sdk) => new sdk.DeregisterImageCommand({ ImageId: id }) },
        z.unknown(),
      ),
    );

  return {
    images,
    deregisterImage,
    launchTemplateSnapshots,
    lockedSnapshots,
    fastRestores,
    archivedSnapshots,
    sharedWith,
    recycleBin,
    binnedVolumes,
  };
}
