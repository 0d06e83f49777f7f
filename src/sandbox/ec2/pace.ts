/** How long things take, in ms. */
export type Pace = {
  start: number;
  stop: number;
  /** Status checks after a start or a reboot. */
  initialize: number;
  /** A terminated instance stays visible. */
  terminatedVisible: number;
  /** A group notices that a member has stopped. */
  replaceMember: number;
  attach: number;
  detach: number;
  createFromSnapshot: number;
  createEmpty: number;
  deleteVolume: number;
  /** A root replacement until it says in-progress, its failing, and all of it. */
  rootPending: number;
  rootFailing: number;
  rootReplace: number;
  /** One MiB of a snapshot at 1 MiB/s. */
  mebibyte: number;
  /** In which fast restore earns its credits. */
  creditHour: number;
  /** Volume status is looked at so often. */
  volumeStatus: number;
  /** A snapshot takes between the two, by size. */
  snapshotLeast: number;
  snapshotMost: number;
  /** Least time between the starts of two snapshots of one volume. */
  snapshotGap: number;
  /** Reads may not show new things for so long. */
  consistency: number;
  /** Something made for a job and attached to nothing is no orphan yet. */
  orphan: number;
};

/**
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (gap of 15 s between snapshots);
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html (terminated instances stay for an hour);
 * https://github.com/radkawar/stackd (recorded: a 2 GiB snapshot took 46 s and 79 s, a stop more than 22 s, a deletion
 * of a volume up to 5 s). The others are plausible values.
 */
const seconds: Readonly<Pace> = {
  start: 10,
  stop: 25,
  initialize: 120,
  terminatedVisible: 3_600,
  replaceMember: 60,
  attach: 3,
  detach: 5,
  createFromSnapshot: 10,
  createEmpty: 2,
  deleteVolume: 5,
  rootPending: 5,
  rootFailing: 20,
  rootReplace: 60,
  mebibyte: 1,
  creditHour: 3_600,
  volumeStatus: 60,
  snapshotLeast: 45,
  snapshotMost: 80,
  snapshotGap: 15,
  consistency: 0.3,
  orphan: 180,
};

/** Real times divided by `speed`. */
export function paceAt(speed: number): Pace {
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, (value * 1_000) / speed])) as Pace;
}
