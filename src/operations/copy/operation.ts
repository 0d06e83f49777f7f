import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { accountNamed, choosePlaces } from '#lib/places.ts';
import { readSelector } from '#lib/selector.ts';
import { scheduleTag } from '#lib/tags.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { CloudAction, Place } from '#ports/cloud.ts';
import { SnapshotId } from '#ports/ids.ts';

import { keyTrouble, readKeys } from './keys.ts';
import { done, failures, keyWords, planned } from './messages.ts';
import { copyOne } from './part.ts';
import { type CopyPlan, differences, planCopy } from './plan.ts';
import { copy, type CopyResult, stages } from './story.ts';

const CopyArgs = z.object({
  snapshots: z.array(SnapshotId),
  /** As typed; a schedule gives a place. */
  to: z.union([
    z.object({ account: z.string(), region: z.string(), name: z.string().optional() }),
    z.object({ wanted: z.object({ account: z.string().optional(), region: z.string() }) }),
  ]),
  kmsKey: z.string().optional(),
  /** Of a schedule: how long its copies are kept. */
  schedule: z.object({ name: z.string(), retainMs: z.number() }).optional(),
});
type CopyArgs = z.output<typeof CopyArgs>;
const example = '/deck copy snap-0123456789abcdef0 --to us-west-2';

export const copyOperation = defineChange<CopyArgs, CopyPlan, CopyResult>({
  kind: 'change',
  name: 'copy',
  command: undefined,
  summary: 'Copy snapshots to another Region or account',
  usage: '<snapshot …> --to <region> [--to-account <name>] [--key <KMS key>]',
  examples: ['snap-0123456789abcdef0 --to us-west-2', 'snap-0123456789abcdef0 --to us-east-1 --to-account backup'],
  role: 'operator',
  iam: [
    'ec2:DescribeSnapshots',
    'ec2:DescribeSnapshotAttribute',
    'ec2:ModifySnapshotAttribute',
    'ec2:CopySnapshot',
    'ec2:CreateTags',
    'ec2:DeleteSnapshot',
    'kms:DescribeKey',
  ],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: CopyArgs,
  parse(words) {
    const { to, 'to-account': account, key, ...others } = words.flags;
    const flag = Object.keys(others)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of copy. For example: \`${example}\`.`);
    if (to === undefined || to === '')
      throw new Refusal('bad-input', `Say where to with \`--to\` and a Region. For example: \`${example}\`.`);
    const { snapshots, ...rest } = readSelector(words.plain, example);
    if (snapshots.length === 0 || rest.all || rest.names.length + rest.instances.length + rest.volumes.length > 0)
      throw new Refusal('bad-input', `Name snapshots by their ids. For example: \`${example}\`.`);
    const wanted = { region: to, ...(account === undefined ? {} : { account }) };
    return { snapshots: [...snapshots], to: { wanted }, ...(key === undefined ? {} : { kmsKey: key }) };
  },

  async plan(asking, args) {
    const destined = await destination(asking, args.to);
    const found = await asking.cloud.snapshots({ ids: args.snapshots });
    const { kmsKey, schedule } = args;
    const plan = planCopy(found, { from: asking.place, ...destined, kmsKey, schedule });
    const trouble = keyTrouble(plan, found, await readKeys(asking, plan, found));
    if (trouble !== undefined) throw new Refusal('unsuitable', keyWords(trouble, plan, asking));
    await mustBePermitted(asking, plan);
    return plan;
  },
  async check(asking, plan) {
    const found = await asking.cloud.snapshots({ ids: plan.snapshots.map(({ id }) => id) });
    const trouble = keyTrouble(plan, found, await readKeys(asking, plan, found));
    return [...differences(plan, found), ...(trouble === undefined ? [] : [keyWords(trouble, plan, asking)])];
  },
  resources: (plan) => plan.snapshots.map(({ id }) => id),
  stages: () => stages,
  story: copy,
  part: copyOne,
  words: { planned, done },
  failures,
  /** The copies of a schedule are kept as long as it says, and the newest of each disk always. */
  next: ({ schedule, to }, { copies }) =>
    schedule === undefined || copies.length === 0
      ? []
      : [
          {
            key: 'retention',
            operation: 'cleanup',
            args: {
              kind: 'snapshots',
              selector: {
                all: false,
                instances: [],
                volumes: [],
                snapshots: [],
                names: [],
                tags: { [scheduleTag]: schedule.name },
              },
              rules: { olderMs: schedule.retainMs, timezone: 'UTC' },
            },
            place: { account: to.account, region: to.region },
            approval: { kind: 'none' },
            because: `retention of schedule ${schedule.name} in ${to.region}`,
          },
        ],
});

/** Where to, and the account that this is: the settings need not say which one home is. */
async function destination(asking: Asking, to: CopyArgs['to']): Promise<{ to: CopyPlan['to']; owner: string }> {
  const { account, region, name } = 'wanted' in to ? wantedPlace(asking, to.wanted) : to;
  const { account: owner } = await asking.at({ account, region }).place();
  return { to: { account, region, ...(name === undefined ? {} : { name }) }, owner };
}

/** Without an account it is the one that the snapshots are in. */
function wantedPlace(
  { places, place }: Asking,
  { region, account }: { region: string; account?: string | undefined },
): Place {
  const own = accountNamed(places, place.account)[0]?.account;
  const wanted = account ?? own;
  return choosePlaces(places, { region, ...(wanted === undefined ? {} : { account: wanted }) })[0]!;
}

/** Asked of AWS where the copies go, and where they come from when they must be shared first. */
async function mustBePermitted(asking: Asking, { to, from, shareWith, snapshots }: CopyPlan): Promise<void> {
  const snapshotId = snapshots[0]!.id;
  const questions: [ReturnType<Asking['at']>, CloudAction][] = [
    [asking.at(to), 'CopySnapshot'],
    ...(shareWith === undefined ? [] : [[asking.cloud, 'ModifySnapshotAttribute'] as [Asking['cloud'], CloudAction]]),
  ];
  for (const [cloud, action] of questions) {
    const answer = await cloud.permits(action, { snapshotId, sourceRegion: from.region });
    if (!answer.permitted)
      throw new Refusal(
        'not-permitted',
        `AWS does not let Deckhand do this: ec2:${action} is missing in ${to.region}. Ask whoever owns its IAM role there to add it (docs/iam-policy.json lists all), then ask again.`,
        { missing: [`ec2:${action}`] },
      );
  }
}
