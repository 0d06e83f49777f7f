import { snapshotXml } from './describe.ts';
import { byIds } from './lists.ts';
import { account, delays, type SnapshotRow, snapshotGapMs, type VolumeRow } from './model.ts';
import type { State } from './state.ts';
import { readTags } from './tags.ts';
import { Ec2Error, type Form, type Xml } from './wire.ts';

type Reply = { readonly [name: string]: Xml };

/** At once per volume, errored ones counted. Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-resource-quotas.html */
const mostConcurrent = { st1: 1, sc1: 1, other: 5 } as const;

export function createSnapshot(state: State, form: Form): Reply {
  const [volume] = byIds(state.world.volumes, [form.get('VolumeId') ?? ''], 'Volume');
  mayBegin(state, volume!);
  const [row] = begin(state, [volume!], form, () => readTags(form, 'snapshot'));
  return snapshotXml(row!, state.now());
}

/** All or nothing: the volumes of one server at one instant. */
export function createSnapshots(state: State, form: Form): Reply {
  const [instance] = byIds(state.world.instances, [form.get('InstanceSpecification.InstanceId') ?? ''], 'Instance');
  const excluded = form.list('InstanceSpecification.ExcludeDataVolumeId');
  const withoutRoot = form.flag('InstanceSpecification.ExcludeBootVolume') === true;
  const attached = [...state.world.volumes.values()].filter(
    ({ attachment }) => attachment?.instanceId === instance!.id,
  );
  if (attached.some(({ id, attachment }) => attachment?.root === true && excluded.includes(id)))
    throw new Ec2Error('InvalidParameterValue', 'The root volume cannot be excluded by ExcludeDataVolumeIds');
  const volumes = attached.filter(
    ({ id, attachment }) => !excluded.includes(id) && !(withoutRoot && attachment?.root === true),
  );
  if (volumes.length === 0) throw new Ec2Error('InvalidParameterValue', 'No volumes left to snapshot');
  for (const volume of volumes) mayBegin(state, volume);
  const copy = form.get('CopyTagsFromSource') === 'volume';
  const rows = begin(state, volumes, form, (volume) => ({
    ...(copy ? Object.fromEntries(Object.entries(volume.tags).filter(([key]) => !key.startsWith('aws:'))) : {}),
    ...readTags(form, 'snapshot'),
  }));
  return {
    snapshotSet: rows.map((row) => {
      const { status, ...same } = snapshotXml(row, state.now());
      return { ...same, state: status };
    }),
  };
}

function mayBegin({ world, now, after }: State, volume: VolumeRow): void {
  const last = world.lastSnapshotAt.get(volume.id);
  if (last !== undefined && now() - last < after(snapshotGapMs) - now()) {
    throw new Ec2Error(
      'SnapshotCreationPerVolumeRateExceeded',
      'The maximum per volume CreateSnapshot request rate has been exceeded. Use an increasing or variable sleep interval between requests.',
    );
  }
  const open = [...world.snapshots.values()].filter(
    (row) => row.volumeId === volume.id && (row.state === 'pending' || row.state === 'error'),
  ).length;
  const most = volume.type === 'st1' || volume.type === 'sc1' ? mostConcurrent.st1 : mostConcurrent.other;
  if (open >= most)
    throw new Ec2Error(
      'ConcurrentSnapshotLimitExceeded',
      `Maximum allowed in-progress snapshots (${most}) for a single volume exceeded.`,
    );
}

function begin(
  state: State,
  volumes: readonly VolumeRow[],
  form: Form,
  tagsOf: (volume: VolumeRow) => Record<string, string>,
): SnapshotRow[] {
  const { world } = state;
  const startedAt = state.now();
  const description = form.get('Description') ?? '';
  // oxlint-disable-next-line no-control-regex -- AWS takes ASCII only
  if (/[^\u0000-\u007f]/.test(description))
    throw new Ec2Error(
      'InvalidParameterValue',
      'Value for parameter Description is invalid. Character sets beyond ASCII are not supported.',
    );
  const fails = world.failSnapshots > 0;
  if (fails) world.failSnapshots--;
  const set = state.id('set');
  const rows = volumes.map((volume, at): SnapshotRow => ({
    id: state.id('snap'),
    volumeId: volume.id,
    state: 'pending',
    change: {
      at: state.after(fails ? 5_000 : delays.snapshot + volume.sizeGiB * delays.snapshotPerGiB),
      to: fails ? 'error' : 'completed',
    },
    startedAt,
    sizeGiB: volume.sizeGiB,
    tier: 'standard',
    tags: tagsOf(volume),
    message: fails && at === 0 ? 'An internal error occurred while the snapshot was copied' : '',
    encrypted: volume.encrypted,
    description,
    owner: account,
    imageId: '',
    set,
  }));
  for (const row of rows) {
    world.snapshots.set(row.id, row);
    world.lastSnapshotAt.set(row.volumeId, startedAt);
  }
  return rows;
}

export function deleteSnapshot({ world }: State, form: Form): Reply {
  const [row] = byIds(world.snapshots, [form.get('SnapshotId') ?? ''], 'Snapshot');
  if (row!.owner !== account)
    throw new Ec2Error('InvalidSnapshot.NotFound', `The snapshot '${row!.id}' does not exist.`);
  if (row!.imageId !== '')
    throw new Ec2Error('InvalidSnapshot.InUse', `The snapshot ${row!.id} is currently in use by ${row!.imageId}`);
  world.snapshots.delete(row!.id);
  return { return: true };
}
