import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { lastDrills } from '#lib/drills.ts';
import { describeSelector, readSelector, type Selector } from '#lib/selector.ts';
import { sourceTag } from '#lib/tags.ts';
import { findTargets } from '#lib/targets.ts';
import { defineAnswer } from '#operations/contract.ts';
import type { Cloud, Volume } from '#ports/cloud.ts';
import type { VolumeId } from '#ports/ids.ts';

import { everywhere, seen } from './everywhere.ts';
import { answer } from './messages.ts';
import { type Overview, overview } from './overview.ts';

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
  examples: ['all', 'web-1', 'env=prod role=db', 'all --account all --region all'],
  everywhere: true,
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
    const of = { selector: describeSelector(selector), now: asking.now, ...view };
    const drills = await lastDrills(asking.history);
    if (asking.everywhere.length > 1) {
      const all = await Promise.all(
        asking.everywhere.map(({ place, cloud }) => seen(place, look(cloud, selector, drills))),
      );
      return everywhere(all, {
        ...of,
        places: asking.places,
        command: asking.commandOf({ name: 'status', command: 'fleet' }),
      });
    }
    const found = await look(asking.cloud, selector, drills);
    return answer(found, {
      ...of,
      place: asking.place,
      others: asking.places.length - 1,
      short: asking.cloud.shortOf(),
    });
  },
});

type Drills = Awaited<ReturnType<typeof lastDrills>>;

async function look(cloud: Cloud, selector: Selector, drills: Drills): Promise<Overview> {
  const targets = await findTargets(cloud, selector);
  const everything = selector.all;
  const [health, snapshots] = await Promise.all([
    cloud.health(everything ? undefined : targets.instances.map(({ id }) => id)),
    cloud.snapshots(everything ? {} : { volumeIds: withSources(targets.volumes) }),
  ]);
  return overview(targets, health, snapshots, drills);
}

/** The disks and those their data came from in an earlier restore. */
function withSources(volumes: readonly Volume[]): VolumeId[] {
  const sources = volumes.flatMap(({ tags }) =>
    tags[sourceTag]?.startsWith('vol-') === true ? [tags[sourceTag] as VolumeId] : [],
  );
  return [...new Set([...volumes.map(({ id }) => id), ...sources])];
}
