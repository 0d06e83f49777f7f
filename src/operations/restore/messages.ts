import { count, duration, label } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import type { RestorePlan, Swap } from './plan.ts';
import type { RestoreResult } from './story.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

/** What will happen, what it costs, how it is undone. */
export function planned(plan: RestorePlan, asking: { now: number }): Words {
  const name = label(plan.instance);
  const verb = plan.putsBack ? 'Undo the restore of' : 'Restore';
  return {
    title: `${verb} ${name}`,
    summary: `${verb} ${count(plan.swaps.length, 'volume')} of ${name}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ['Server', serverLine(plan)],
          ...plan.swaps.map((swap) => [swap.device, swapLine(swap, asking.now)] as const),
        ],
      },
      { kind: 'text', lines: consequences(plan) },
    ],
  };
}

/** What was done, and the way back. */
export function done(plan: RestorePlan, result: RestoreResult): Words {
  const name = label(plan.instance);
  const verb = plan.putsBack ? 'Undid the restore of' : 'Restored';
  return {
    title: `${verb} ${name}`,
    summary: `${verb} ${count(result.swaps.length, 'volume')} of ${name}${bad(result) ? ', but its status checks are not ok' : ''}`,
    sections: [
      {
        kind: 'facts',
        facts: [
          ...result.swaps.map(
            (swap) => [swap.device, [{ code: swap.new }, ' is attached in place of ', { code: swap.old }]] as const,
          ),
          ['Status checks', checksLine(plan, result)],
        ],
      },
      { kind: 'text', lines: [keptLine(plan, result), ...untaggedLines(result)] },
    ],
  };
}

function serverLine(plan: RestorePlan): Line {
  const where = [
    plan.instance.zone,
    plan.instance.env === '' ? '' : `env ${plan.instance.env}`,
    plan.wasRunning ? 'running' : 'stopped',
  ];
  return [{ bold: label(plan.instance) }, ` · ${where.filter((part) => part !== '').join(' · ')}`];
}

function swapLine(swap: Swap, now: number): Line {
  const old: Line = [{ code: swap.out }, ...(swap.outName === '' ? [] : [` (${swap.outName})`])];
  if (swap.put.kind === 'existing') return [...old, ' is replaced by the earlier ', { code: swap.put.volumeId }];
  const { volume, snapshotId, takenAt } = swap.put;
  return [
    ...old,
    ' is replaced by a new volume from ',
    { code: snapshotId },
    ', taken ',
    { at: takenAt, style: 'datetime' },
    ` (${duration(now - takenAt)} ago). ${spec(volume)}`,
  ];
}

function spec(volume: {
  type: string;
  sizeGiB: number;
  iops?: number;
  throughput?: number;
  encrypted: boolean;
}): string {
  const parts = [
    `${volume.sizeGiB} GiB ${volume.type}`,
    volume.iops === undefined ? '' : `${volume.iops} IOPS`,
    volume.throughput === undefined ? '' : `${volume.throughput} MiB/s`,
    volume.encrypted ? 'encrypted' : 'not encrypted',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}, as now.`;
}

function consequences(plan: RestorePlan): Line[] {
  const lost = plan.putsBack
    ? 'What was written since the restore is no longer on the server; the restored volume is kept, detached.'
    : 'What was written after the snapshot is no longer on the server; the old volume is kept, detached, and an Undo button brings it back.';
  const slow = plan.putsBack
    ? []
    : ['A restored volume is slow at first, until its blocks have come from S3. Both volumes are billed meanwhile.'];
  return [...plan.warnings, lost, ...slow];
}

function checksLine(plan: RestorePlan, result: RestoreResult): string {
  if (!plan.wasRunning) return 'the server was stopped and still is';
  if (result.checks === 'ok') return 'ok';
  return `${result.checks}: look at the server; Undo puts the old disk back`;
}

function bad(result: RestoreResult): boolean {
  return result.checks !== 'ok' && result.checks !== 'not-checked';
}

function untaggedLines({ untagged }: RestoreResult): Line[] {
  return untagged.length === 0
    ? []
    : [
        [
          { bold: `${untagged.join(', ')} could not be tagged as kept.` },
          ' Do not delete it while an undo may be needed.',
        ],
      ];
}

function keptLine(plan: RestorePlan, result: RestoreResult): Line {
  const kept = result.swaps.map(({ old }) => old).join(', ');
  return [
    `${kept} ${result.swaps.length === 1 ? 'is' : 'are'} kept, detached, at least until `,
    { at: result.heldUntil, style: 'date' },
    plan.putsBack
      ? '.'
      : ' and can be put back with Undo. If you use Terraform, import the new volume before the next apply.',
  ];
}
