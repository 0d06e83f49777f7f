import type { Case } from './cases.ts';

/** A remedy that fits; the words are in messages.ts. */
export type Cure = 'start' | 'reboot' | 'migrate' | 'replace' | 'standby' | 'event' | 'restore' | 'snapshot';
type Row = { id: RowId; when: (of: Case) => boolean; cures: readonly Cure[]; never: readonly string[]; source: string };
export type RowId =
  | 'stopped-in-group'
  | 'stopped-itself'
  | 'stopped-by-aws'
  | 'system-in-group'
  | 'system-store'
  | 'system-recovering'
  | 'system-moved'
  | 'system'
  | 'ebs-in-group'
  | 'ebs-store'
  | 'ebs-restored'
  | 'ebs-moved'
  | 'ebs'
  | 'instance-in-group'
  | 'instance-store'
  | 'instance-restored'
  | 'instance-rebooted'
  | 'instance'
  | 'event-in-group'
  | 'event-store'
  | 'event-move'
  | 'event-reboot'
  | 'event-in-place-in-group'
  | 'event-in-place-kept'
  | 'event-in-place'
  | 'event-other';

const docs = 'https://docs.aws.amazon.com';
const power = `${docs}/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html`;
const checks = `${docs}/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html`;
const recovery = `${docs}/AWSEC2/latest/UserGuide/instance-configuration-recovery.html`;
const standby = `${docs}/autoscaling/ec2/userguide/as-enter-exit-standby.html`;
const events = `${docs}/AWSEC2/latest/UserGuide/monitoring-instances-status-check_sched.html`;
const reboots = `${docs}/AWSEC2/latest/UserGuide/schedevents_actions_reboot.html`;
const reasons = `${docs}/AWSEC2/latest/APIReference/API_StateReason.html`;

const notStop = 'Do not stop it: its group would replace it, with empty disks.';
const notReboot = 'Do not reboot it: it would stay on the same host.';
const noStop = 'It cannot be stopped and started: its root disk is an instance store.';

const notClear = 'Do not reboot it for this: the work on the host would not be done, and the event would stay.';

const isStop = ({ what }: Case) => what === 'stopped-itself' || what === 'stopped-by-aws';
const isMove = ({ what }: Case) => what === 'event-move' || what === 'event-other';

/** The first row that fits decides: the cures, the best first, and what must not be done. */
export const rows: readonly Row[] = [
  {
    id: 'stopped-in-group',
    when: (of) => isStop(of) && of.autoScaled,
    cures: [],
    never: ['Do not start it: its group is replacing it.'],
    source: power,
  },
  { id: 'stopped-itself', when: ({ what }) => what === 'stopped-itself', cures: ['start'], never: [], source: reasons },
  { id: 'stopped-by-aws', when: ({ what }) => what === 'stopped-by-aws', cures: ['start'], never: [], source: reasons },
  {
    id: 'system-in-group',
    when: (of) => of.what === 'system' && of.autoScaled,
    cures: ['replace', 'snapshot'],
    never: [notStop, notReboot],
    source: power,
  },
  {
    id: 'system-store',
    when: (of) => of.what === 'system' && of.instanceStore,
    cures: ['snapshot'],
    never: [noStop, notReboot],
    source: power,
  },
  {
    id: 'system-recovering',
    when: (of) => of.what === 'system' && of.recovering,
    cures: ['snapshot'],
    never: ['Do not stop it yet: AWS may be moving it, and a stop would break that off.', notReboot],
    source: recovery,
  },
  {
    id: 'system-moved',
    when: (of) => of.what === 'system' && of.moved,
    cures: ['snapshot', 'migrate'],
    never: [notReboot],
    source: checks,
  },
  {
    id: 'system',
    when: ({ what }) => what === 'system',
    cures: ['migrate', 'snapshot'],
    never: [notReboot],
    source: checks,
  },
  {
    id: 'ebs-in-group',
    when: (of) => of.what === 'ebs' && of.autoScaled,
    cures: ['replace', 'snapshot'],
    never: [notStop, notReboot],
    source: power,
  },
  {
    id: 'ebs-store',
    when: (of) => of.what === 'ebs' && of.instanceStore,
    cures: ['snapshot'],
    never: [noStop, notReboot],
    source: power,
  },
  {
    id: 'ebs-restored',
    when: (of) => of.what === 'ebs' && of.restored,
    cures: ['migrate', 'snapshot'],
    never: [notReboot],
    source: checks,
  },
  {
    id: 'ebs-moved',
    when: (of) => of.what === 'ebs' && of.moved,
    cures: ['restore', 'migrate'],
    never: [notReboot],
    source: checks,
  },
  { id: 'ebs', when: ({ what }) => what === 'ebs', cures: ['migrate', 'restore'], never: [notReboot], source: checks },
  {
    id: 'instance-in-group',
    when: (of) => of.what === 'instance' && of.autoScaled,
    cures: ['reboot', 'standby', 'replace'],
    never: [notStop],
    source: standby,
  },
  {
    id: 'instance-store',
    when: (of) => of.what === 'instance' && of.instanceStore,
    cures: ['reboot'],
    never: [noStop],
    source: power,
  },
  {
    id: 'instance-restored',
    when: (of) => of.what === 'instance' && of.restored,
    cures: ['reboot'],
    never: ['Do not restore the same snapshots once more: they did not help.'],
    source: checks,
  },
  {
    id: 'instance-rebooted',
    when: (of) => of.what === 'instance' && of.rebooted,
    cures: ['restore', 'reboot'],
    never: ['Do not wait for AWS: it never recovers a server from this.'],
    source: checks,
  },
  {
    id: 'instance',
    when: ({ what }) => what === 'instance',
    cures: ['reboot', 'restore'],
    never: ['Do not wait for AWS: it never recovers a server from this.'],
    source: checks,
  },
  {
    id: 'event-in-group',
    when: (of) => isMove(of) && of.autoScaled,
    cures: ['replace', 'snapshot'],
    never: [notStop],
    source: power,
  },
  {
    id: 'event-store',
    when: (of) => isMove(of) && of.instanceStore,
    cures: ['snapshot'],
    never: [noStop],
    source: power,
  },
  {
    id: 'event-move',
    when: ({ what }) => what === 'event-move',
    cures: ['event', 'snapshot'],
    never: ['Do not wait until it begins: AWS then does it at any time.'],
    source: events,
  },
  { id: 'event-reboot', when: ({ what }) => what === 'event-reboot', cures: ['event'], never: [], source: reboots },
  {
    id: 'event-in-place-in-group',
    when: (of) => of.what === 'event-in-place' && of.autoScaled,
    cures: ['replace'],
    never: [notStop, notClear],
    source: power,
  },
  {
    id: 'event-in-place-kept',
    when: (of) => of.what === 'event-in-place' && of.instanceStore,
    cures: [],
    never: [noStop, notClear],
    source: reboots,
  },
  {
    id: 'event-in-place',
    when: ({ what }) => what === 'event-in-place',
    cures: ['event'],
    never: [notClear],
    source: reboots,
  },
  { id: 'event-other', when: ({ what }) => what === 'event-other', cures: ['event'], never: [], source: events },
];

export type Decision = { row: RowId; cures: readonly Cure[]; never: readonly string[] };

/** At most three cures. A restore needs a snapshot. Pure. */
export function decide(of: Case, { hasSnapshot }: { hasSnapshot: boolean }): Decision {
  const row = rows.find(({ when }) => when(of));
  if (row === undefined) throw new Error(`no row of the table fits ${JSON.stringify(of)}`);
  return {
    row: row.id,
    cures: row.cures.filter((cure) => cure !== 'restore' || hasSnapshot).slice(0, 3),
    never: row.never,
  };
}
