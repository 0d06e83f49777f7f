import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector } from '#lib/selector.ts';
import { defineChange } from '#operations/contract.ts';
import { VolumeId } from '#ports/ids.ts';

import { done, planned } from './messages.ts';
import type { EnablePlan } from './plan.ts';

const EnableArgs = z.object({ volume: VolumeId });
type EnableArgs = z.output<typeof EnableArgs>;
const example = '/deck enableio vol-0123456789abcdef0';

/** AWS stops the I/O of a volume whose data may be inconsistent; whether to go on is for a person alone.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/work_volumes_impaired.html */
export const enableioOperation = defineChange<EnableArgs, EnablePlan, { status: string }>({
  kind: 'change',
  name: 'enableio',
  command: undefined,
  summary: 'Let a volume go on that AWS has stopped because its data may be inconsistent',
  usage: '<volume>',
  examples: ['vol-0123456789abcdef0'],
  role: 'operator',
  iam: ['ec2:DescribeVolumes', 'ec2:DescribeVolumeStatus', 'ec2:EnableVolumeIO'],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  args: EnableArgs,
  parse(words) {
    const { volumes, ...rest } = readSelector(words.plain, example);
    const others = rest.all || rest.names.length + rest.instances.length + rest.snapshots.length > 0;
    const [volume] = volumes;
    if (volume === undefined || volumes.length > 1 || others || Object.keys(words.flags).length > 0)
      throw new Refusal('bad-input', `Name one volume by its id. For example: \`${example}\`.`);
    return { volume };
  },

  async plan({ cloud }, { volume: id }) {
    const [[volume], [health]] = await Promise.all([cloud.volumes({ ids: [id] }), cloud.volumeHealth([id])]);
    if (health?.ioEnabled !== false)
      throw new Refusal(
        'conflict',
        `AWS has not stopped the I/O of ${id}, so there is nothing to enable. See it with \`/fleet ${id}\`.`,
      );
    await mustBePermitted(cloud, ['EnableVolumeIO'], { volumeId: id });
    return { volume: id, name: volume?.name ?? '', server: volume?.attachments[0]?.instanceId ?? '' };
  },
  async check({ cloud }, { volume }) {
    const [health] = await cloud.volumeHealth([volume]);
    return health?.ioEnabled === false ? [] : [`The I/O of ${volume} is no longer stopped.`];
  },
  resources: ({ volume, server }) => (server === '' ? [volume] : [volume, server]),
  stages: () => ['Enable I/O', 'See that it is enabled'],
  async story(story, { volume }) {
    story.stage(0);
    await story.step('enable', () => story.cloud.enableVolumeIO(volume));
    story.stage(1);
    const status = await story.poll('enabled', {
      look: async () => {
        const [health] = await story.cloud.volumeHealth([volume]);
        return health?.ioEnabled === true ? health.status : undefined;
      },
      withinMs: story.limits.wait.checksMs,
      what: `I/O of ${volume} becoming enabled`,
    });
    return { status };
  },
  words: { planned, done },
});
