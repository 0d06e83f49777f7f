import type { Action } from './call.ts';
import { zoneId } from './describe-instances.ts';
import { describe, listParameters } from './describe.ts';
import { readFilters } from './filters.ts';
import { flag, list } from './form.ts';
import { kinds, type Kind } from './model.ts';
import { pageOf } from './pages.ts';
import { invalid, Problem } from './problems.ts';
import { exists, isVisible } from './world.ts';
import { iso, tagSet } from './xml.ts';

export const describeImages: Action = {
  takes: [...listParameters, 'ImageId', 'Owner', 'ExecutableBy', 'IncludeDeprecated', 'IncludeDisabled'],
  run: (call) => {
    const { world, form } = call;
    const owners = list(form, 'Owner');
    const own = owners.length === 0 || owners.includes('self') || owners.includes(world.account);
    const disabled = flag(form, 'IncludeDisabled');
    const page = describe(call, 'image', {
      ids: 'ImageId',
      rule: { least: 5, most: 1_000 },
      fields: {
        'image-id': ({ id }) => [id],
        name: ({ name }) => [name],
        state: ({ state }) => [state],
        'owner-id': () => [world.account],
        'is-public': () => ['false'],
        'root-device-name': ({ rootDevice }) => [rootDevice],
        'block-device-mapping.snapshot-id': ({ disks }) => disks.map(({ snapshotId }) => snapshotId),
        'block-device-mapping.device-name': ({ disks }) => disks.map(({ device }) => device),
      },
      also: ({ state }) => own && (disabled || state === 'available'),
    });
    return {
      imagesSet: page.items.map((image) => ({
        imageId: image.id,
        name: image.name,
        imageState: image.state,
        imageOwnerId: world.account,
        imageLocation: `${world.account}/${image.name}`,
        isPublic: false,
        architecture: 'x86_64',
        imageType: 'machine',
        creationDate: iso(image.bornAt),
        deprecationTime: image.deprecatedAt === undefined ? undefined : iso(image.deprecatedAt),
        rootDeviceType: 'ebs',
        rootDeviceName: image.rootDevice,
        virtualizationType: 'hvm',
        tagSet: tagSet(image.tags),
        blockDeviceMapping: image.disks.map(({ device, snapshotId, sizeGiB }) => ({
          deviceName: device,
          ebs: { snapshotId, volumeSize: sizeGiB, volumeType: 'gp3', deleteOnTermination: true, encrypted: false },
        })),
      })),
      nextToken: page.nextToken,
    };
  },
};

type OneTag = { key: string; value: string; resourceId: string; resourceType: string };
const resourceTypes: Readonly<Partial<Record<Kind, string>>> = {
  template: 'launch-template',
  rootTask: 'replace-root-volume-task',
};

export const describeTags: Action = {
  takes: listParameters,
  run: (call) => {
    const { world, lagMs, reader } = call;
    const passes = readFilters<OneTag>(
      call.form,
      {
        key: ({ key }) => [key],
        value: ({ value }) => [value],
        'resource-id': ({ resourceId }) => [resourceId],
        'resource-type': ({ resourceType }) => [resourceType],
      },
      ({ key, value }) => new Map([[key, value]]),
    );
    const now = world.now();
    const tags = kinds.flatMap((kind) =>
      world.tables[kind]
        .all()
        .filter((record) => exists(world, kind, record) && isVisible(record, { now, lagMs, reader }))
        .flatMap(({ id, tags: own }) =>
          [...own].map(([key, value]): OneTag => ({
            key,
            value,
            resourceId: id,
            resourceType: resourceTypes[kind] ?? kind,
          })),
        ),
    );
    const found = tags.filter(passes).toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
    const page = pageOf(found, keyOf, call, { least: 5, most: 1_000 });
    return { tagSet: page.items, nextToken: page.nextToken };
  },
};

function keyOf({ resourceId, key }: OneTag): string {
  return `${resourceId} ${key}`;
}

export const describeAvailabilityZones: Action = {
  takes: ['ZoneName', 'ZoneId', 'AllAvailabilityZones', 'Filter', 'DryRun'],
  run: ({ world, form }) => {
    const names = list(form, 'ZoneName');
    const unknown = names.find((name) => !world.zones.includes(name));
    if (unknown !== undefined) throw invalid(`Invalid availability zone: [${unknown}]`);
    const passes = readFilters<string>(form, {
      'zone-name': (zone) => [zone],
      'zone-id': (zone) => [zoneId(world, zone)],
      'region-name': () => [world.region],
      state: () => ['available'],
      'zone-type': () => ['availability-zone'],
    });
    return {
      availabilityZoneInfo: world.zones
        .filter((zone) => (names.length === 0 || names.includes(zone)) && passes(zone))
        .map((zone) => ({
          zoneName: zone,
          zoneId: zoneId(world, zone),
          zoneState: 'available',
          regionName: world.region,
          zoneType: 'availability-zone',
          optInStatus: 'opt-in-not-required',
          groupName: world.region,
          networkBorderGroup: world.region,
          messageSet: [],
        })),
    };
  },
};

/** The others are there by name only: a fleet exists in one. */
const regionNames = ['eu-central-1', 'eu-west-1', 'us-east-1', 'us-east-2', 'us-west-2'] as const;

export const describeRegions: Action = {
  takes: ['RegionName', 'AllRegions', 'Filter', 'DryRun'],
  run: ({ world, form }) => {
    const all = [...new Set([...regionNames, world.region])].toSorted();
    const names = list(form, 'RegionName');
    const unknown = names.filter((name) => !all.includes(name));
    if (unknown.length > 0)
      throw new Problem('InvalidParameterValue', `Invalid region(s) provided: ${unknown.join(', ')}`);
    const passes = readFilters<string>(form, {
      'region-name': (name) => [name],
      endpoint: (name) => [`ec2.${name}.amazonaws.com`],
      'opt-in-status': () => ['opt-in-not-required'],
    });
    return {
      regionInfo: all
        .filter((name) => (names.length === 0 || names.includes(name)) && passes(name))
        .map((name) => ({
          regionName: name,
          regionEndpoint: `ec2.${name}.amazonaws.com`,
          optInStatus: 'opt-in-not-required',
        })),
    };
  },
};
