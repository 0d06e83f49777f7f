import { seededId } from './fleet.ts';
import type { Image, Snapshot, Template, Volume } from './model.ts';
import { type SeedOf, snapshotOf } from './seed-snapshots.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** Old snapshots of one volume that clean-up must leave alone, each for a reason of its own. */
export function guardedSnapshots(volume: Volume, of: SeedOf): Snapshot[] {
  const aged = (days: number, description: string, more: Partial<Snapshot>): Snapshot => ({
    ...snapshotOf(volume, of, days * day, 'standard'),
    description,
    ...more,
  });
  const tagged = (tags: Record<string, string>) => ({ tags: new Map([...volume.tags, ...Object.entries(tags)]) });
  return [
    aged(61, 'locked for the auditors', {
      lock: { mode: 'governance', since: of.startedAt - 61 * day, until: of.startedAt + 300 * day },
    }),
    aged(62, 'shared with another account', { sharedWith: ['111122223333'] }),
    aged(
      63,
      'Created for policy: policy-0123456789abcdef0 schedule: nightly',
      tagged({ 'aws:dlm:lifecycle-policy-id': 'policy-0123456789abcdef0', 'dlm:managed': 'true' }),
    ),
    aged(
      64,
      'This snapshot is created by the AWS Backup service.',
      tagged({ 'aws:backup:source-resource': `arn:aws:ec2:::volume/${volume.id}` }),
    ),
    aged(65, 'named by a launch template', {}),
    aged(66, '[Copied from eu-west-1] nightly backup', {
      volumeId: 'vol-ffffffff',
      copyOf: seededId('snap', of.seed, 'elsewhere'),
      ...tagged({ 'deckhand:source-volume': volume.id }),
    }),
  ];
}

/** One names an image, in an old version as well; one starts from a snapshot. */
export function launchTemplates(of: SeedOf, images: readonly Image[], snapshots: readonly Snapshot[]): Template[] {
  const bornAt = of.startedAt - 200 * day;
  const template = (name: string, versions: Template['versions']): Template => ({
    id: seededId('lt', of.seed, name),
    bornAt,
    name,
    tags: new Map([['owner', 'platform']]),
    versions,
  });
  const imageNamed = (name: string) => images.find((image) => image.name === name)?.id ?? '';
  const data = snapshots.filter(({ description }) => description === 'named by a launch template').map(({ id }) => id);
  return [
    template('web-server', [
      { number: 1, imageId: imageNamed('golden-base-2026-03'), snapshotIds: [] },
      { number: 2, imageId: imageNamed('golden-base-2026-10'), snapshotIds: [] },
    ]),
    template('export-worker', [
      { number: 1, imageId: 'resolve:ssm:/golden/base', snapshotIds: data },
      { number: 2, imageId: 'resolve:ssm:/golden/base', snapshotIds: [] },
    ]),
  ];
}
