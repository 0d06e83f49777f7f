import { z } from 'zod';

import type {
  ArchivedSnapshot,
  BinnedSnapshot,
  BinnedVolume,
  FastRestore,
  Holds,
  Image,
  LockedSnapshot,
  TemplateUse,
} from '#ports/holds.ts';
import type { SnapshotId } from '#ports/ids.ts';

import type { Caller, Send } from './caller.ts';
import type * as Ec2Sdk from './ec2-sdk.ts';
import type { Filter } from './filters.ts';
import type { Action } from './limits.ts';
import { type Asked, type EveryPage, upTo } from './pages.ts';
import { given, imageId, instant, many, snapshotId, text, volumeId, writtenInstant } from './reading.ts';
import { gone } from './shared.ts';

/** Sources: API_DescribeFastSnapshotRestores, API_DescribeLaunchTemplates and API_DescribeLaunchTemplateVersions in
 *  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ (up to 200 in a page). */
const mostRestores = 200;
const mostTemplates = 200;
/** Without it the list holds every snapshot there is.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshotTierStatus.html */
const everTiered: Filter = {
  Name: 'last-tiering-operation',
  Values: ['archival', 'permanent-restore', 'temporary-restore'].flatMap((what) =>
    ['in-progress', 'completed', 'failed'].map((state) => `${what}-${state}`),
  ),
};

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

const TemplateReply = z.object({ LaunchTemplateId: z.string() });
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

const LockReply = z
  .object({ SnapshotId: snapshotId, LockState: text, LockExpiresOn: instant.optional() })
  .transform((reply): LockedSnapshot => ({
    id: reply.SnapshotId,
    state: reply.LockState ?? 'compliance',
    ...given('until', reply.LockExpiresOn),
  }));
const RestoreReply = z
  .object({ SnapshotId: snapshotId, AvailabilityZone: text, State: text })
  .transform((reply): FastRestore => ({
    snapshotId: reply.SnapshotId,
    zone: reply.AvailabilityZone ?? '',
    state: reply.State ?? '',
  }));
const TierReply = z
  .object({
    SnapshotId: snapshotId,
    LastTieringOperationStatus: text,
    ArchivalCompleteTime: instant.optional(),
    RestoreExpiryTime: instant.optional(),
  })
  .transform((reply): ArchivedSnapshot => ({
    id: reply.SnapshotId,
    status: reply.LastTieringOperationStatus ?? '',
    ...given('archivedAt', reply.ArchivalCompleteTime),
    ...given('restoredUntil', reply.RestoreExpiryTime),
  }));
const Permissions = z.object({ CreateVolumePermissions: many(z.object({ UserId: text, Group: text })) });

const inBin = { RecycleBinEnterTime: instant.optional(), RecycleBinExitTime: instant.optional() };
const BinnedSnapshotReply = z
  .object({ SnapshotId: snapshotId, VolumeId: text, ...inBin })
  .transform((reply): BinnedSnapshot => ({
    id: reply.SnapshotId,
    ...given('enteredAt', reply.RecycleBinEnterTime),
    ...given('until', reply.RecycleBinExitTime),
    ...given('volumeId', volumeId.safeParse(reply.VolumeId).data),
  }));
const BinnedVolumeReply = z
  .object({ VolumeId: volumeId, SnapshotId: text, ...inBin })
  .transform((reply): BinnedVolume => ({
    id: reply.VolumeId,
    ...given('enteredAt', reply.RecycleBinEnterTime),
    ...given('until', reply.RecycleBinExitTime),
    ...given('snapshotId', snapshotId.safeParse(reply.SnapshotId).data),
  }));

type Page<T> = { NextToken: string | undefined; items: T[] };

/** One page of a list that AWS calls `field`. */
function pageOf<T extends z.ZodType>(field: string, item: T) {
  return z
    .object({ NextToken: text, [field]: many(item) })
    .transform((reply) => ({ NextToken: reply['NextToken'], items: reply[field] }) as Page<z.output<T>>);
}

/** ListVolumesInRecycleBin takes no more; some take less and say so.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListVolumesInRecycleBin.html */
const mostHeld = 500;

/** What else uses or guards snapshots; every list page by page, in the large buckets. */
export function createHolds(send: Send, everyPage: EveryPage, { recent }: Pick<Caller, 'recent'>): Holds {
  async function list<T extends z.ZodType>(
    action: Action,
    [field, item]: [field: string, item: T],
    command: (sdk: typeof Ec2Sdk, page: Asked) => { readonly input: object },
    filters: Filter[] = [],
  ): Promise<z.output<T>[]> {
    const pages = await everyPage([filters], pageOf(field, item), (page) => ({
      action,
      command: (sdk) => command(sdk, upTo(mostHeld, page)),
    }));
    return pages.flatMap(({ items }) => items);
  }

  /** All versions are told for one template at a time only. */
  async function launchTemplateSnapshots(): Promise<readonly TemplateUse[]> {
    const templates = await list('DescribeLaunchTemplates', ['LaunchTemplates', TemplateReply], (sdk, page) => {
      return new sdk.DescribeLaunchTemplatesCommand(upTo(mostTemplates, page));
    });
    const uses = [];
    for (const { LaunchTemplateId } of templates)
      uses.push(
        ...(await list('DescribeLaunchTemplateVersions', ['LaunchTemplateVersions', VersionReply], (sdk, page) => {
          const asked = { ...upTo(mostTemplates, page), LaunchTemplateId };
          return new sdk.DescribeLaunchTemplateVersionsCommand(asked);
        })),
      );
    return uses.filter((use) => use.imageId !== undefined || use.snapshotIds.length > 0);
  }

  async function sharedWith(id: SnapshotId): Promise<readonly string[]> {
    const input = { SnapshotId: id, Attribute: 'createVolumePermission' as const };
    const { CreateVolumePermissions } = await send(
      { action: 'DescribeSnapshotAttribute', command: (sdk) => new sdk.DescribeSnapshotAttributeCommand(input) },
      Permissions,
    );
    return CreateVolumePermissions.flatMap(({ UserId, Group }) => UserId ?? Group ?? []);
  }

  return {
    images: () =>
      list('DescribeImages', ['Images', ImageReply], (sdk, page) => {
        const own = { Owners: ['self'], IncludeDeprecated: true, IncludeDisabled: true };
        return new sdk.DescribeImagesCommand({ ...page, ...own });
      }),
    deregisterImage: (id) =>
      gone(id, recent, () =>
        send(
          { action: 'DeregisterImage', command: (sdk) => new sdk.DeregisterImageCommand({ ImageId: id }) },
          z.unknown(),
        ),
      ),
    launchTemplateSnapshots,
    lockedSnapshots: () =>
      list('DescribeLockedSnapshots', ['Snapshots', LockReply], (sdk, page) => {
        return new sdk.DescribeLockedSnapshotsCommand(page);
      }),
    fastRestores: () =>
      list('DescribeFastSnapshotRestores', ['FastSnapshotRestores', RestoreReply], (sdk, page) => {
        return new sdk.DescribeFastSnapshotRestoresCommand(upTo(mostRestores, page));
      }),
    archivedSnapshots: () =>
      list(
        'DescribeSnapshotTierStatus',
        ['SnapshotTierStatuses', TierReply],
        (sdk, page) => new sdk.DescribeSnapshotTierStatusCommand(page),
        [everTiered],
      ),
    sharedWith,
    recycleBin: () =>
      list('ListSnapshotsInRecycleBin', ['Snapshots', BinnedSnapshotReply], (sdk, page) => {
        return new sdk.ListSnapshotsInRecycleBinCommand(page);
      }),
    binnedVolumes: () =>
      list('ListVolumesInRecycleBin', ['Volumes', BinnedVolumeReply], (sdk, page) => {
        return new sdk.ListVolumesInRecycleBinCommand(page);
      }),
  };
}
