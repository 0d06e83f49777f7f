import type { LastDrill } from '#lib/drills.ts';
import { count, duration, label, some } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Instance, Place, Snapshot, Volume } from '#ports/cloud.ts';
import type { Remedy } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import { careful, type Fact, ownerOf, remedy, type Words } from './messages.ts';
import { volumeCause, volumeSteps } from './volume-advice.ts';
import { decideVolume, volumeCaseOf, type VolumeCure } from './volume-decisions.ts';
import type { Ailment } from './volume-verdict.ts';
import { lastSnapshot, restoreTime } from './way-back.ts';

/** All words about disks that are in trouble by themselves. */

/** Names in one message; the rest is counted. */
const mostNames = 20;
const mostButtons = 3;

const troubles = {
  error: { title: 'in the state "error"', one: 'is in the state "error"', many: 'are in the state "error"' },
  io: { title: 'without I/O', one: 'has no I/O: AWS has stopped it', many: 'have no I/O: AWS has stopped it' },
  impaired: { title: 'impaired', one: 'is impaired', many: 'are impaired' },
  warning: {
    title: 'slower than promised',
    one: 'is slower than AWS promises',
    many: 'are slower than AWS promises',
  },
} as const satisfies Record<Ailment, { title: string; one: string; many: string }>;

/** `volume` is undefined while it could not be read; `servers`: what it hangs on, those that exist. */
export type Ill = { id: Volume['id']; volume: Volume | undefined; servers: readonly Instance[] };
/** The newest good snapshot and the newest drill of each disk that has one; undefined: could not be read. */
export type Backing = {
  snapshots: ReadonlyMap<string, Snapshot> | undefined;
  drills: ReadonlyMap<string, LastDrill> | undefined;
};
type Of = Backing & {
  ailment: Ailment;
  ill: readonly Ill[];
  place: Place;
  flags: string;
  since: number;
  first: boolean;
  /** The usual time of a stop, a start and the checks. */
  serverMs: number;
  now: number;
};

export function ailing(of: Of): Words {
  const { ailment, ill, place, since, first } = of;
  const names = ill.map(nameOf);
  const trouble = troubles[ailment];
  const seen = ill.map((one) => seenOf(one, of));
  return {
    report: {
      severity: severityOf(ailment, ill),
      title: titleOf(ailment, ill.length),
      alert: `${some(names, 3)} ${ill.length === 1 ? trouble.one : trouble.many}`,
      facts: [
        ['Likely cause', volumeCause(ailment)],
        ...stepsOf(seen, of),
        ...careful([...new Set(seen.flatMap(({ never }) => never))]),
        ...(ill.length === 1 ? oneDisk(ill[0]!, of) : manyDisks(ill, of)),
        ['Account and Region', placeLabel(place)],
        ['Since', { at: since, style: 'datetime' }],
      ],
      detail: [],
      remedies: ill.length === 1 ? seen[0]!.cures.map((cure) => button(cure, ill[0]!, of)) : buttonEach(seen, of),
    },
    note: first
      ? `${some(names, mostNames)} ${ill.length === 1 ? trouble.one : trouble.many}.`
      : `Now: ${some(names, mostNames)}.`,
  };
}

/** `leftOut`: how many of them the settings leave out of the watch. */
export function wellAgain(ailment: Ailment, { leftOut }: { leftOut: number }): Words {
  const unwatched = leftOut === 0 ? '' : ` among those that are watched (health.tags leaves ${leftOut} of them out)`;
  const text = `No disk is ${troubles[ailment].title} any more${unwatched}`;
  return {
    report: {
      severity: 'warning',
      title: titleOf(ailment, 0),
      alert: text,
      facts: [],
      detail: [`${text}: they are well again${leftOut === 0 ? '' : ', no longer watched'}, or gone.`],
      remedies: [],
    },
    note: `${text}.`,
  };
}

type Seen = ReturnType<typeof seenOf>;

function seenOf(one: Ill, { ailment, snapshots }: Pick<Of, 'ailment' | 'snapshots'>) {
  const which = volumeCaseOf(ailment, one.id, one.servers);
  // One that could not be read may be there: the restore itself says what is missing.
  const hasSnapshot = snapshots === undefined || snapshots.has(one.id);
  const running = one.servers.every(({ state }) => state === 'running');
  const decision = decideVolume(which, { snapshot: hasSnapshot, running });
  return { ...decision, one, which, hasSnapshot };
}

/** What hangs nowhere hurts nobody yet, and what is slow works. */
function severityOf(ailment: Ailment, ill: readonly Ill[]): 'critical' | 'warning' {
  const isUsed = ill.some(({ servers, volume }) => servers.length > 0 || volume?.attachments.length !== 0);
  return isUsed && ailment !== 'warning' ? 'critical' : 'warning';
}

/** One sentence for all that need the same, with their names where others need something else. */
function stepsOf(seen: readonly Seen[], of: Of): readonly Fact[] {
  const groups = Map.groupBy(seen, ({ which, one, hasSnapshot, ...decision }) =>
    volumeSteps(decision, which, { group: groupOf(one), hasSnapshot }),
  );
  return [...groups].slice(0, mostSteps).map(([step, those], at): Fact => [
    at === 0 ? 'Do' : 'Also',
    of.ill.length === those.length
      ? step
      : `${some(
          those.map(({ one }) => nameOf(one)),
          3,
        )}: ${step}`,
  ]);
}
const mostSteps = 4;

function oneDisk({ id, volume, servers }: Ill, of: Of): readonly Fact[] {
  const way = {
    instance: { mappings: [{ device: '', volumeId: id, deleteOnTermination: false, state: '' }] },
    snapshots: of.snapshots && asList(of.snapshots.get(id)),
    drills: of.drills && asList(of.drills.get(id)),
    serverMs: of.serverMs,
    now: of.now,
  };
  const disk = volume === undefined ? id : `${label(volume)} · ${volume.sizeGiB} GiB ${volume.type} · ${volume.zone}`;
  return [
    ['Last good snapshot', lastSnapshot(way)],
    ...(of.ailment === 'warning' ? [] : [['A restore takes', restoreTime(way)] as const]),
    ['Disk', disk],
    [servers.length > 1 ? 'Servers' : 'Server', serversOf(servers, volume)],
    ['Owner', ownerOf({ ...servers[0]?.tags, ...volume?.tags })],
  ];
}

function manyDisks(ill: readonly Ill[], { snapshots, now }: Of): readonly Fact[] {
  const servers = [...new Map(ill.flatMap((one) => one.servers.map((server) => [server.id, server]))).values()];
  return [
    ['Last good snapshots', snapshots === undefined ? 'could not be read' : snapshotsOf(ill, snapshots, now)],
    ['Disks', some(ill.map(nameOf), mostNames)],
    ['Servers', serversOf(servers, undefined)],
    ['Owners', some([...new Set(ill.map((one) => ownerOf({ ...one.servers[0]?.tags, ...one.volume?.tags })))], 5)],
  ];
}

function snapshotsOf(ill: readonly Ill[], snapshots: ReadonlyMap<string, Snapshot>, now: number): Line {
  const without = ill.filter(({ id }) => !snapshots.has(id));
  const times = ill.flatMap(({ id }) => snapshots.get(id)?.startedAt ?? []);
  if (times.length === 0) return `NONE: no disk of these ${ill.length} has one`;
  const age = `the oldest is ${duration(now - Math.min(...times))} old`;
  return without.length === 0 ? `each has one; ${age}` : `${age}; NONE of ${some(without.map(nameOf), mostNames)}`;
}

function serversOf(servers: readonly Instance[], volume: Volume | undefined): string {
  if (servers.length > 0) return some(servers.map(serverOf), mostNames);
  const ids = (volume?.attachments ?? []).map(({ instanceId }) => instanceId);
  return ids.length === 0 ? 'none: attached to no server' : `${some(ids, mostNames)}, which could not be found`;
}

function serverOf(server: Instance): string {
  const group = server.autoScalingGroup;
  return group === undefined ? label(server) : `${label(server)} of the Auto Scaling group ${group}`;
}

function groupOf({ servers }: Ill): string | undefined {
  return servers.find(({ autoScalingGroup }) => autoScalingGroup !== undefined)?.autoScalingGroup;
}

function asList<T>(one: T | undefined): readonly T[] {
  return one === undefined ? [] : [one];
}

function titleOf(ailment: Ailment, disks: number): string {
  return disks === 0 ? `Disks ${troubles[ailment].title}` : `${count(disks, 'disk')} ${troubles[ailment].title}`;
}

function nameOf({ id, volume }: Pick<Ill, 'id' | 'volume'>): string {
  return volume === undefined ? id : label(volume);
}

/** Of a few disks the best that each has besides a snapshot, with its name. */
function buttonEach(seen: readonly Seen[], of: Of): readonly Remedy[] {
  if (seen.length > mostButtons) return [];
  return seen.flatMap(({ one, cures }) => {
    const cure = cures.find((some) => some !== 'snapshot');
    return cure === undefined ? [] : [named(button(cure, one, of), cure, one)];
  });
}

/** Two disks of a server may need it moved: two buttons that do the same are told apart by what they are for. */
function named(remedy: Remedy, cure: VolumeCure, { id, volume, servers }: Ill): Remedy {
  const isOfServer = cure === 'migrate' || cure === 'replace' || cure === 'standby';
  const of = isOfServer ? servers[0]! : { id, name: volume?.name ?? '' };
  return { ...remedy, label: `${remedy.label.replace(/…$/, '')} · ${of.name === '' ? of.id : of.name}…`.slice(0, 75) };
}

function button(cure: VolumeCure, { id, servers }: Ill, { flags }: Of): Remedy {
  switch (cure) {
    case 'snapshot':
      return { label: 'Snapshot now', operation: 'snapshot', line: `${id}${flags}`, style: 'primary' };
    case 'io':
      return { label: 'Enable I/O…', operation: 'enableio', line: `${id}${flags}`, style: 'danger' };
    case 'restore':
      return { label: 'Restore…', operation: 'restore', line: `${id}${flags} --from latest`, style: 'danger' };
    case 'migrate':
    case 'replace':
    case 'standby':
      // The table has them only where it hangs on a server.
      return remedy(cure, { instance: servers[0]!, flags });
  }
}
