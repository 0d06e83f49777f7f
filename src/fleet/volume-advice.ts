import type { VolumeCase, VolumeCure, VolumeDecision } from './volume-decisions.ts';
import type { Ailment } from './volume-verdict.ts';

/** The likely cause. Source: https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-checks.html and
 *  https://docs.aws.amazon.com/ebs/latest/userguide/ebs-describing-volumes.html */
export function volumeCause(ailment: Ailment): string {
  switch (ailment) {
    case 'error':
      return 'The hardware under it has failed, or it could not be made (a key it may not use, for example). AWS cannot recover its data.';
    case 'io':
      return 'AWS has stopped I/O on purpose, since the data may be inconsistent.';
    case 'impaired':
      return 'The disk is stalled or severely degraded on the side of AWS. It often ends by itself.';
    case 'warning':
      return 'The disk is slower than AWS promises for its type. No blocks of it are still coming from a snapshot.';
  }
}

/** What to do with one disk, the best first, as the buttons have it. Pure. */
export function volumeSteps(
  { cures, row }: VolumeDecision,
  { what, root, on }: VolumeCase,
  { group, hasSnapshot }: { group: string | undefined; hasSnapshot: boolean },
): string {
  const check = root
    ? 'have its file system checked at the next boot (fsck, chkdsk)'
    : 'check its file system (fsck, chkdsk) before anything writes to it';
  const steps: Readonly<Record<VolumeCure, string>> = {
    snapshot: 'take a snapshot',
    io: `enable I/O and ${check}`,
    restore: 'restore the last good snapshot in its place',
    migrate: 'move its server to another host (a stop and a start)',
    replace: `let the group ${group ?? ''} replace its server, which then has new disks`,
    standby: 'take its server out of service, and restore the disk then',
  };
  const wished = cures.filter((cure) => hasSnapshot || cure !== 'standby').map((cure) => steps[cure]);
  const [first, ...others] = wished;
  const or = others.map((step) => `, or ${step}`).join('');
  switch (what) {
    case 'volume-error':
      if (first !== undefined) return `${capital(first)}${or}.`;
      if (row === 'volume-error-loose')
        return 'Nothing hangs on it: delete it in the EC2 console. What it held is in its last good snapshot, if there is one.';
      if (on === 'several')
        return 'Several servers share it: make a disk from its last good snapshot in the EC2 console, and attach it to them in its place.';
      if (row === 'volume-error-store')
        return 'Make a disk from its last good snapshot in the EC2 console, unmount this one, and attach that in its place.';
      return 'There is no snapshot to restore. Look for a copy of its data elsewhere, and ask AWS Support about the disk.';
    case 'volume-io': {
      const [save, enable, last] = wished;
      return `${capital(save ?? '')} first, whatever you decide. Then ${enable}${last === undefined ? '' : `; or ${last}`}.`;
    }
    case 'volume-impaired':
      return `Save it: ${first}. If it does not end by itself, ${others.length === 0 ? 'ask AWS Support' : others.join('; or ')}.`;
    case 'volume-warning':
      return 'Wait, and see whether it asks for more than it was given (IOPS, throughput). Where it matters, take a snapshot and ask AWS Support.';
  }
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
