import { Refusal, Transient } from '#errors.ts';
import type {
  Cloud,
  Instance,
  InstanceQuery,
  Snapshot,
  SnapshotQuery,
  Tags,
  Volume,
  VolumeQuery,
} from '#ports/cloud.ts';

import type { Caller, Send } from './caller.ts';
import { filtersFor } from './filters.ts';
import type { Action } from './limits.ts';
import { type EveryPage, mostVolumes, upTo } from './pages.ts';
import { InstancesPage, SnapshotsPage, VolumesPage } from './replies.ts';
import type { Together } from './together.ts';

type Reads = Pick<Cloud, 'instances' | 'volumes' | 'snapshots'>;

/** Ids in one call: as many as a filter takes. */
const mostIds = 200;

type Ways = { everyPage: EveryPage; pagesBy: (send: Send) => EveryPage; together: Together };

/** Ids are asked for by filter, page by page: one unknown id then hides no others, and a request stays in the large bucket. */
export function createReads({ everyPage, pagesBy, together }: Ways, caller: Pick<Caller, 'recent'>): Reads {
  /** What is asked for by ids alone is asked for together with others, and all of it must be there. */
  async function byIds<T extends { id: string }>(
    kind: keyof typeof notFoundCodes,
    action: Action,
    ids: readonly T['id'][],
    read: (everyPage: EveryPage, query: { ids: readonly T['id'][] }) => Promise<readonly T[]>,
  ): Promise<readonly T[]> {
    const own = new Set(ids);
    const answers = await together({ action, most: mostIds }, ids, (all, send) => read(pagesBy(send), { ids: all }));
    const found = unique(answers.flat()).filter(({ id }) => own.has(id));
    requireAll(kind, ids, found, caller);
    return found;
  }

  return {
    instances: (query) =>
      onlyByIds(query) ? byIds('instance', 'DescribeInstances', query.ids, instances) : instances(everyPage, query),
    volumes: (query) =>
      onlyByIds(query) ? byIds('volume', 'DescribeVolumes', query.ids, volumes) : volumes(everyPage, query),
    snapshots: (query) =>
      onlyByIds(query) ? byIds('snapshot', 'DescribeSnapshots', query.ids, snapshots) : snapshots(everyPage, query),
  };
}

function onlyByIds<Q extends { ids?: readonly unknown[] }>(query: Q): query is Q & { ids: NonNullable<Q['ids']> } {
  return (
    query.ids !== undefined && Object.entries(query).every(([name, value]) => name === 'ids' || value === undefined)
  );
}

async function instances(everyPage: EveryPage, { ids, names, tags }: InstanceQuery): Promise<readonly Instance[]> {
  const requests = filtersFor({ 'instance-id': ids, 'tag:Name': names }, tags);
  const pages = await everyPage(requests, InstancesPage, (page) => ({
    action: 'DescribeInstances',
    command: (sdk) => new sdk.DescribeInstancesCommand(page),
  }));
  return unique(pages.flatMap((page) => page.Reservations.flatMap((reservation) => reservation.Instances))).filter(
    (one) => one.state !== 'terminated' && hasTags(one, tags) && (names?.includes(one.name) ?? true),
  );
}

async function volumes(
  everyPage: EveryPage,
  { ids, instanceIds, tags, states }: VolumeQuery,
): Promise<readonly Volume[]> {
  const requests = filtersFor({ 'volume-id': ids, 'attachment.instance-id': instanceIds, status: states }, tags);
  const pages = await everyPage(requests, VolumesPage, (page) => ({
    action: 'DescribeVolumes',
    command: (sdk) => new sdk.DescribeVolumesCommand(upTo(mostVolumes, page)),
  }));
  return unique(pages.flatMap((page) => page.Volumes)).filter(
    (one) => hasTags(one, tags) && (states?.includes(one.state) ?? true),
  );
}

async function snapshots(
  everyPage: EveryPage,
  { ids, volumeIds, states, tags, tagged }: SnapshotQuery,
): Promise<readonly Snapshot[]> {
  const lists = { 'snapshot-id': ids, 'volume-id': volumeIds, status: states };
  const requests = filtersFor(tagged === undefined ? lists : { ...lists, [`tag:${tagged.key}`]: tagged.values }, tags);
  const pages = await everyPage(requests, SnapshotsPage, (page) => ({
    action: 'DescribeSnapshots',
    // Without the owner AWS lists everybody's public snapshots.
    command: (sdk) => new sdk.DescribeSnapshotsCommand({ ...page, OwnerIds: ['self'] }),
  }));
  return unique(pages.flatMap((page) => page.Snapshots)).filter(
    (one) =>
      hasTags(one, tags) &&
      (states?.includes(one.state) ?? true) &&
      (tagged?.values.includes(one.tags[tagged.key] ?? '') ?? true),
  );
}

function unique<T extends { id: string }>(list: readonly T[]): T[] {
  return [...new Map(list.map((one) => [one.id, one])).values()];
}

/** AWS filters already, or has no filter; an endpoint that reads a filter more widely must not widen what people work on. */
export function hasTags(one: { tags: Tags }, tags: Tags = {}): boolean {
  return Object.entries(tags).every(([key, value]) => Object.hasOwn(one.tags, key) && one.tags[key] === value);
}

function requireAll(
  kind: keyof typeof notFoundCodes,
  ids: readonly string[] = [],
  found: readonly { id: string }[],
  { recent }: Pick<Caller, 'recent'>,
): void {
  const there = new Set(found.map((one) => one.id));
  const missing = [...new Set(ids)].filter((id) => !there.has(id));
  if (missing.length === 0) return;
  const young = missing.filter(recent.has);
  if (young.length > 0)
    throw new Transient(`${young.join(', ')} was made a moment ago and EC2 does not show it yet. Try again.`);
  const named =
    missing.length > 5 ? `${missing.slice(0, 5).join(', ')} and ${missing.length - 5} more` : missing.join(', ');
  throw new Refusal('not-found', `There is no ${kind} ${named} here. Check the id, the account and the Region.`, {
    ids: missing,
    awsCode: notFoundCodes[kind],
  });
}

const notFoundCodes = {
  instance: 'InvalidInstanceID.NotFound',
  volume: 'InvalidVolume.NotFound',
  snapshot: 'InvalidSnapshot.NotFound',
} as const;
