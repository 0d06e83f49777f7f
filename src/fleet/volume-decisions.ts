import type { Instance, Volume } from '#ports/cloud.ts';

import type { Cure } from './decisions.ts';
import type { Ailment } from './volume-verdict.ts';

/** A remedy for a disk. io: let the disk go on that AWS has stopped. */
export type VolumeCure = Extract<Cure, 'restore' | 'snapshot' | 'migrate' | 'replace' | 'standby'> | 'io';
/** All that the table of disks looks at. */
export type VolumeCase = {
  what: `volume-${Ailment}`;
  /** How many servers it hangs on. */
  on: 'none' | 'one' | 'several';
  /** Its server is a member of an Auto Scaling group: to stop it is to lose it. */
  autoScaled: boolean;
  /** The root of its server is an instance store, so that the server cannot stop. */
  instanceStore: boolean;
  /** It is the root disk of its server. */
  root: boolean;
};
type Row = {
  id: VolumeRowId;
  when: (of: VolumeCase) => boolean;
  cures: readonly VolumeCure[];
  never: readonly string[];
  source: string;
};
export type VolumeRowId =
  | 'volume-error-loose'
  | 'volume-error-shared'
  | 'volume-error-root-in-group'
  | 'volume-error-in-group'
  | 'volume-error-store'
  | 'volume-error'
  | 'volume-io-in-group'
  | 'volume-io-kept'
  | 'volume-io'
  | 'volume-impaired-in-group'
  | 'volume-impaired-kept'
  | 'volume-impaired'
  | 'volume-warning';

const docs = 'https://docs.aws.amazon.com';
const states = `${docs}/ebs/latest/userguide/ebs-describing-volumes.html`;
const checks = `${docs}/ebs/latest/userguide/monitoring-volume-checks.html`;
const impaired = `${docs}/ebs/latest/userguide/work_volumes_impaired.html`;
const power = `${docs}/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html`;
const standby = `${docs}/autoscaling/ec2/userguide/as-enter-exit-standby.html`;
const shared = `${docs}/ebs/latest/userguide/ebs-volumes-multi.html`;

const notWait = 'Do not wait for AWS: it cannot recover the data of a disk in this state.';
const notStop = 'Do not stop its server: its group would replace it, with empty disks.';
const noStop = 'Its server cannot be stopped and started: its root disk is an instance store.';
const notTrust = 'Do not trust the data before its file system was checked: it may be inconsistent.';

/** Neither to be stopped for it, nor alone on it. */
const isKept = ({ on, instanceStore }: VolumeCase) => on !== 'one' || instanceStore;

/** The first row that fits decides, as in the table of servers. */
export const volumeRows: readonly Row[] = [
  {
    id: 'volume-error-loose',
    when: ({ what, on }) => what === 'volume-error' && on === 'none',
    cures: [],
    never: [notWait],
    source: states,
  },
  {
    id: 'volume-error-shared',
    when: ({ what, on, autoScaled }) => what === 'volume-error' && on === 'several' && !autoScaled,
    cures: [],
    never: [notWait],
    source: shared,
  },
  {
    id: 'volume-error-root-in-group',
    when: ({ what, autoScaled, root }) => what === 'volume-error' && autoScaled && root,
    cures: ['replace'],
    never: [notWait, notStop],
    source: power,
  },
  {
    id: 'volume-error-in-group',
    when: ({ what, autoScaled }) => what === 'volume-error' && autoScaled,
    cures: ['replace', 'standby'],
    never: [notWait, notStop],
    source: standby,
  },
  {
    id: 'volume-error-store',
    when: ({ what, instanceStore }) => what === 'volume-error' && instanceStore,
    cures: [],
    never: [notWait, noStop],
    source: power,
  },
  {
    id: 'volume-error',
    when: ({ what }) => what === 'volume-error',
    cures: ['restore'],
    never: [notWait],
    source: states,
  },
  {
    id: 'volume-io-in-group',
    when: ({ what, autoScaled }) => what === 'volume-io' && autoScaled,
    cures: ['snapshot', 'io', 'replace'],
    never: [notStop, notTrust],
    source: power,
  },
  {
    id: 'volume-io-kept',
    when: (of) => of.what === 'volume-io' && isKept(of),
    cures: ['snapshot', 'io'],
    never: [notTrust],
    source: impaired,
  },
  {
    id: 'volume-io',
    when: ({ what }) => what === 'volume-io',
    cures: ['snapshot', 'io', 'restore'],
    never: [notTrust],
    source: impaired,
  },
  {
    id: 'volume-impaired-in-group',
    when: ({ what, autoScaled }) => what === 'volume-impaired' && autoScaled,
    cures: ['snapshot', 'replace'],
    never: [notStop],
    source: power,
  },
  {
    id: 'volume-impaired-kept',
    when: (of) => of.what === 'volume-impaired' && isKept(of),
    cures: ['snapshot'],
    never: [],
    source: checks,
  },
  {
    id: 'volume-impaired',
    when: ({ what }) => what === 'volume-impaired',
    cures: ['snapshot', 'migrate', 'restore'],
    never: ['Do not reboot its server for it: it would stay on the same host.'],
    source: checks,
  },
  {
    id: 'volume-warning',
    when: ({ what }) => what === 'volume-warning',
    cures: ['snapshot'],
    never: ['Do not restore it for this: it is slow, not broken.'],
    source: checks,
  },
];

export type VolumeDecision = { row: VolumeRowId; cures: readonly VolumeCure[]; never: readonly string[] };

/** At most three cures. A restore needs a snapshot, and only a server that runs can move. Pure. */
export function decideVolume(of: VolumeCase, has: { snapshot: boolean; running: boolean }): VolumeDecision {
  const row = volumeRows.find(({ when }) => when(of));
  if (row === undefined) throw new Error(`no row of the table fits ${JSON.stringify(of)}`);
  const fits = (cure: VolumeCure) => (cure !== 'restore' || has.snapshot) && (cure !== 'migrate' || has.running);
  return { row: row.id, cures: row.cures.filter(fits), never: row.never };
}

/** Of several servers one that belongs to a group, or cannot stop, counts for all. Pure. */
export function volumeCaseOf(ailment: Ailment, id: Volume['id'], servers: readonly Instance[]): VolumeCase {
  return {
    what: `volume-${ailment}`,
    on: servers.length === 0 ? 'none' : servers.length === 1 ? 'one' : 'several',
    autoScaled: servers.some(({ autoScalingGroup }) => autoScalingGroup !== undefined),
    instanceStore: servers.some(({ instanceStore }) => instanceStore),
    root: servers.some(({ mappings, rootDevice }) =>
      mappings.some(({ volumeId, device }) => volumeId === id && device === rootDevice),
    ),
  };
}
