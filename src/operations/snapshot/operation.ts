import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector, type Selector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { readWords } from '#lib/words.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { CloudAction } from '#ports/cloud.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';

import { follow } from './follow.ts';
import { done, failureLines, planned } from './messages.ts';
import { differences, planSnapshot, type SnapshotPlan, withFull } from './plan.ts';
import { snapshot, type SnapshotResult, stages } from './story.ts';

/** Either what was typed, or the name of a schedule whose selector is read at each run. */
type SnapshotArgs = { selector: Selector } | { schedule: string };
const SnapshotArgs = z.custom<SnapshotArgs>(
  (value) => typeof value === 'object' && value !== null && ('selector' in value || 'schedule' in value),
);
const example = '/snapshot web-1';

export const snapshotOperation = defineChange<SnapshotArgs, SnapshotPlan, SnapshotResult>({
  kind: 'change',
  name: 'snapshot',
  command: 'snapshot',
  summary: 'Snapshot the disks of servers (all disks of a server at one instant) or single volumes',
  usage: '<selector> | --schedule <name>',
  examples: ['web-1', 'env=prod role=db', 'vol-0123456789abcdef0', '--schedule nightly'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ec2:DescribeVolumes',
    'ec2:DescribeSnapshots',
    'ec2:CreateSnapshots',
    'ec2:CreateSnapshot',
    'ec2:DeleteSnapshot',
    'ec2:CreateTags',
    'ssm:SendCommand',
    'ssm:GetCommandInvocation',
    'ssm:ListCommands',
  ],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: SnapshotArgs,
  parse(words) {
    const { schedule, ...others } = words.flags;
    const flag = Object.keys(others)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of snapshot. For example: \`${example}\`.`);
    if (schedule !== undefined) {
      if (schedule === '' || words.plain.length > 0)
        throw new Refusal(
          'bad-input',
          'A schedule says itself what it takes: type its name and nothing else, for example `/snapshot --schedule nightly`.',
        );
      return { schedule };
    }
    const selector = readSelector(words.plain, example);
    if (selector.snapshots.length > 0)
      throw new Refusal(
        'bad-input',
        `\`${selector.snapshots[0]}\` is a snapshot already. Name a server or a volume. For example: \`${example}\`.`,
      );
    return { selector };
  },
  form: {
    title: 'Snapshot',
    submit: 'Show the plan',
    fields: [{ kind: 'search', id: 'target', label: 'Server or volume', of: 'servers' }],
    line: (values) => values['target'] ?? '',
  },

  async plan(asking, args) {
    const { selector, schedule } = meant(asking, args);
    const [targets, unfinished] = await Promise.all([
      findTargets(asking.cloud, selector),
      asking.cloud.snapshots({ states: ['pending', 'error'] }),
    ]);
    const plan = withFull(planSnapshot(targets, schedule), { volumes: targets.volumes, unfinished });
    const actions: CloudAction[] = [
      ...(plan.sets.some((set) => set.attached !== undefined) ? ['CreateSnapshots' as const] : []),
      ...(plan.sets.some((set) => set.attached === undefined) ? ['CreateSnapshot' as const] : []),
      'CreateTags',
    ];
    const first = plan.sets[0]!;
    const host = plan.sets.find((set) => set.attached !== undefined)?.of as `i-${string}` | undefined; // a set with attached volumes is named by its server
    await mustBePermitted(asking.cloud, actions, {
      volumeId: first.volumes[0]!.id,
      ...(host === undefined ? {} : { instanceId: host }),
    });
    return plan;
  },
  async check(asking, plan) {
    const ids = plan.sets.flatMap((set) => set.volumes.map(({ id }) => id));
    return differences(plan, await asking.cloud.volumes({ ids }));
  },
  resources: (plan) => [...new Set(plan.sets.flatMap((set) => set.volumes.map(({ id }) => id)))],
  stages: () => stages,
  story: snapshot,
  words: { planned, done },
  failures: (_plan, result) => failureLines(result),
  next: follow,
});

/** What is to be taken, and the schedule as deckhand.yml has it now. */
function meant(
  { settings }: Pick<Asking, 'settings'>,
  args: SnapshotArgs,
): { selector: Selector; schedule: SnapshotSchedule | undefined } {
  if ('selector' in args) return { selector: args.selector, schedule: undefined };
  const schedule = settings.schedules.find(({ name }) => name === args.schedule);
  if (schedule === undefined)
    throw new Refusal(
      'not-found',
      `There is no schedule \`${args.schedule}\` in deckhand.yml. See what there is with \`/deck schedules\`.`,
    );
  return { selector: readSelector(readWords(schedule.selector).plain, example), schedule };
}
