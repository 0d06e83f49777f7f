import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { describeSelector, readSelector, type Selector } from '#lib/selector.ts';
import { sourceTag } from '#lib/tags.ts';
import { findTargets } from '#lib/targets.ts';
import { defineAnswer } from '#operations/contract.ts';
import type { Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import { answer } from './messages.ts';
import { overview } from './overview.ts';

const StatusArgs = z.custom<{ selector: Selector }>(
  (value) => typeof value === 'object' && value !== null && 'selector' in value,
);
const example = '/fleet web-1';

export const statusOperation = defineAnswer<{ selector: Selector }>({
  kind: 'answer',
  name: 'status',
  command: 'fleet',
  summary: 'How servers are: state, status checks, events, disks, last snapshot',
  usage: '[selector]',
  examples: ['all', 'web-1', 'env=prod role=db'],
  role: 'viewer',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeInstanceStatus', 'ec2:DescribeVolumes', 'ec2:DescribeSnapshots'],
  args: StatusArgs,
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option here. For example: \`${example}\`.`);
    const selector = readSelector(words.plain.length === 0 ? ['all'] : words.plain, example);
    if (selector.snapshots.length > 0)
      throw new Refusal('bad-input', `Name servers or volumes, not snapshots. For example: \`${example}\`.`);
    return { selector };
  },
  async answer(asking, { selector }, view) {
    const targets = await findTargets(asking.cloud, selector);
    const everything = selector.all;
    const [health, snapshots] = await Promise.all([
      asking.cloud.health(everything ? undefined : targets.instances.map(({ id }) => id)),
      asking.cloud.snapshots(everything ? {} : { volumeIds: withSources(targets.volumes) }),
    ]);
    return answer(overview(targets, health, snapshots), {
      selector: describeSelector(selector),
      place: asking.place,
      now: asking.now,
      ...view,
    });
  },
});

/** The disks and those their data came from in an earlier restore. */
function withSources(volumes: readonly Volume[]): VolumeId[] {
  const sources = volumes.flatMap(({ tags }) =>
    tags[sourceTag]?.startsWith('vol-') === true ? [tags[sourceTag] as VolumeId] : [],
  );
  return [...new Set([...volumes.map(({ id }) => id), ...sources])];
}
