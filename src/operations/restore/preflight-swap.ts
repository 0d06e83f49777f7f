import { count, label } from '#lib/format.ts';
import { mostTags, setTag } from '#lib/tags.ts';
import type { Instance, Snapshot, Volume } from '#ports/cloud.ts';

import type { Finding } from './finding.ts';
import type { CheckedServer, CheckedSwap, PreflightFacts } from './preflight-facts.ts';

type Of = Pick<PreflightFacts, 'dueForDeletion' | 'archived' | 'snapshots' | 'now'>;
type Found = Omit<Finding, 'server' | 'about'>;

const dayMs = 86_400_000;

/** What stands in the way of the volumes and snapshots of one server. Pure. */
export function swapFindings(server: CheckedServer, of: Of): readonly Finding[] {
  const { instance, volumes, wanted, swaps } = server;
  const found = [
    ...volumes.filter(({ id }) => wanted.includes(id)).flatMap((volume) => outgoing(volume, instance, of)),
    ...swaps.flatMap((swap) => incoming(swap, server, of)),
  ];
  const about = label(instance);
  return found.map((one) => ({ ...one, about, ...(one.level === 'blocker' ? { server: instance.id } : {}) }));
}

function when(holds: boolean, finding: Found): readonly Found[] {
  return holds ? [finding] : [];
}

function outgoing(volume: Volume, instance: Instance, { snapshots }: Of): readonly Found[] {
  const { id, managedBy, multiAttach } = volume;
  const state = instance.mappings.find(({ volumeId }) => volumeId === id)?.state ?? 'attached';
  return [
    ...when(multiAttach, {
      level: 'blocker',
      kind: 'multi-attach',
      title: 'Volume of several servers',
      text: `${id} can be attached to several servers at once (multi-attach), so swapping it could break the others.`,
      next: 'Restore it by hand.',
    }),
    ...when(managedBy !== undefined, {
      level: 'blocker',
      kind: 'managed-volume',
      title: 'Volume managed by an AWS service',
      text: `${id} is managed by ${managedBy}.`,
      next: 'Use that service to restore it.',
    }),
    ...when(state !== 'attached', {
      level: 'blocker',
      kind: 'attaching',
      title: 'Volume is being attached or detached',
      text: `${id} is ${state} right now.`,
      next: 'Wait until that has ended, then ask again.',
    }),
    ...when(
      snapshots.some((one) => one.volumeId === id && one.state === 'pending'),
      {
        level: 'warning',
        kind: 'snapshot-pending',
        title: 'A snapshot is still being taken',
        text: `A snapshot of ${id} is still being taken; it goes on, and holds what was there when it began.`,
        next: '',
      },
    ),
  ];
}

function incoming({ device, out, put }: CheckedSwap, { instance, volumes }: CheckedServer, of: Of): readonly Found[] {
  // A new volume is made in the zone of the old one, which AWS keeps in the zone of the server.
  const zone =
    put.kind === 'existing' ? put.volume.zone : (volumes.find(({ id }) => id === out)?.zone ?? instance.zone);
  return [
    ...when(zone !== instance.zone, {
      level: 'blocker',
      kind: 'other-zone',
      title: 'Volume in another Availability Zone',
      text: `The volume for ${device} is in ${zone}, the server in ${instance.zone}.`,
      next: 'Restore from a snapshot instead, which works in every zone.',
    }),
    ...(put.kind === 'existing' ? [] : fromSnapshot(put.snapshot, put.tags, of)),
  ];
}

function fromSnapshot(snapshot: Snapshot, tags: number, of: Of): readonly Found[] {
  const { id } = snapshot;
  const back = of.archived.find((one) => one.id === id)?.restoredUntil;
  const owner = deletedBy(snapshot);
  const set = snapshot.tags[setTag];
  const broken = of.snapshots.filter(
    (one) => set !== undefined && one.tags[setTag] === set && one.state !== 'completed',
  );
  return [
    ...when(tags > mostTags, {
      level: 'blocker',
      kind: 'tags',
      title: 'Too many tags',
      text: `The new volume from ${id} would carry ${tags} tags; AWS takes ${mostTags}.`,
      next: 'Remove some from the old volume with `/tag`, then ask again.',
    }),
    ...when(of.dueForDeletion.has(id), {
      level: 'warning',
      kind: 'retention',
      title: 'Snapshot is about to be deleted',
      text: `The retention rules delete ${id} soon.`,
      next: 'Approve before the next clean-up, or lock the snapshot.',
    }),
    ...when(owner !== undefined, {
      level: 'warning',
      kind: 'foreign-retention',
      title: `Snapshot belongs to ${owner}`,
      text: `${id} belongs to ${owner}, whose policy may delete it at any time.`,
      next: 'Approve soon, or see that the policy keeps it.',
    }),
    ...when(back !== undefined && back - of.now < dayMs, {
      level: 'warning',
      kind: 'archive',
      title: 'Snapshot goes back to the archive',
      text: `${id} was taken out of the archive for a time that ends within a day.`,
      next: 'Approve soon, or restore it from the archive for longer in the AWS console.',
    }),
    ...when(broken.length > 0, {
      level: 'warning',
      kind: 'set-partly',
      title: 'Snapshot of an incomplete set',
      text: `${id} is part of a set of which ${count(broken.length, 'snapshot')} did not complete.`,
      next: 'The other disks may not fit it; take an older set where they do.',
    }),
  ];
}

/**
 * Whose policy deletes it, by the tags that these services set. Source: https://docs.aws.amazon.com/ebs/latest/userguide/dlm-elements.html
 * (aws:dlm:…), https://docs.aws.amazon.com/aws-backup/latest/devguide/whatisbackup.html (aws:backup:…)
 */
export function deletedBy({ tags }: Pick<Snapshot, 'tags'>): string | undefined {
  const keys = Object.keys(tags);
  if (keys.some((key) => key.startsWith('aws:dlm:'))) return 'Data Lifecycle Manager';
  return keys.some((key) => key.startsWith('aws:backup:')) ? 'AWS Backup' : undefined;
}
