import { mustBePermitted } from '#lib/permissions.ts';
import { defineChange } from '#operations/contract.ts';
import type { SnapshotId, VolumeId } from '#ports/ids.ts';

import { CleanupArgs, parseCleanup } from './arguments.ts';
import { planCleanup } from './facts.ts';
import { done, failures, files, planned } from './messages.ts';
import type { CleanupPlan } from './plan.ts';
import { cleanup, type CleanupResult, stages } from './story.ts';

export const cleanupOperation = defineChange<CleanupArgs, CleanupPlan, CleanupResult>({
  kind: 'change',
  name: 'cleanup',
  command: undefined,
  summary: 'Delete old snapshots by rules, replaced disks past their time, and what runs left behind',
  usage:
    'snapshots <selector> [--older 30d] [--keep 7] [--gfs 7d,4w,12m] [--adopt-orphans] | rule <name> | held | orphans',
  examples: [
    'snapshots env=dev --older 30d --keep 7',
    'snapshots all --gfs 7d,4w,12m,3y --timezone Europe/Berlin',
    'rule nightly',
    'held',
    'orphans',
  ],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeVolumes',
    'ec2:DescribeSnapshots',
    'ec2:DescribeSnapshotAttribute',
    'ec2:DescribeSnapshotTierStatus',
    'ec2:DescribeImages',
    'ec2:DescribeLaunchTemplates',
    'ec2:DescribeLaunchTemplateVersions',
    'ec2:DescribeLockedSnapshots',
    'ec2:DescribeFastSnapshotRestores',
    'ec2:ListSnapshotsInRecycleBin',
    'ec2:ListVolumesInRecycleBin',
    'dlm:GetLifecyclePolicies',
    'ec2:DeleteSnapshot',
    'ec2:DeleteVolume',
  ],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  breadth: 'deletions',
  args: CleanupArgs,
  parse: parseCleanup,
  form: {
    title: 'Clean up',
    submit: 'Show what would go',
    fields: [
      {
        kind: 'choice',
        id: 'kind',
        label: 'What',
        options: [
          { value: 'snapshots', label: 'Old snapshots, by rules' },
          { value: 'held', label: 'Replaced disks past their time' },
          { value: 'orphans', label: 'What runs left behind' },
        ],
        initial: 'snapshots',
      },
      {
        kind: 'text',
        id: 'selector',
        label: 'Snapshots of',
        placeholder: 'env=dev',
        optional: true,
        hint: 'Servers, disks, tags or all',
      },
      { kind: 'text', id: 'older', label: 'Keep what is younger than', placeholder: '30d', optional: true },
      { kind: 'text', id: 'keep', label: 'Keep the newest of each disk', placeholder: '7', optional: true },
      {
        kind: 'text',
        id: 'gfs',
        label: 'Keep one of each day, week, month, year',
        placeholder: '7d,4w,12m,3y',
        optional: true,
      },
    ],
    line: (values) => {
      const kind = values['kind'] ?? 'snapshots';
      if (kind !== 'snapshots') return kind;
      const flags = ['older', 'keep', 'gfs'].flatMap((name) => {
        const value = (values[name] ?? '').trim();
        return value === '' ? [] : [`--${name} ${value.replace(/\s+/g, '')}`];
      });
      return ['snapshots', values['selector'] ?? '', ...flags].join(' ');
    },
  },

  async plan(asking, args) {
    const plan = await planCleanup(asking, args);
    const ids = plan.units.flatMap((unit) => unit.ids);
    const snapshotId = ids.find((id): id is SnapshotId => id.startsWith('snap-'));
    const volumeId = ids.find((id): id is VolumeId => id.startsWith('vol-'));
    if (snapshotId !== undefined) await mustBePermitted(asking.cloud, ['DeleteSnapshot'], { snapshotId });
    if (volumeId !== undefined) await mustBePermitted(asking.cloud, ['DeleteVolume'], { volumeId });
    return plan;
  },
  /** What has changed since is left alone, one by one (chunk.ts): of thousands, something always has. */
  check: async () => [],
  resources: (plan) => plan.units.flatMap(({ ids }) => ids),
  stages: () => stages,
  story: cleanup,
  words: { planned, done },
  files,
  failures,
});
