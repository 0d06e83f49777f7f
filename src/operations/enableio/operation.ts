import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import { mustBePermitted } from '#lib/permissions.ts';
import { readSelector } from '#lib/selector.ts';
import { findTargets } from '#lib/targets.ts';
import { defineChange } from '#operations/contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import { VolumeId } from '#ports/ids.ts';

import { done, planned } from './messages.ts';
import type { EnablePlan } from './plan.ts';

/** A disk by its id; or by its Name, or that of its server. */
const EnableArgs = z.union([z.object({ volume: VolumeId }), z.object({ name: z.string() })]);
type EnableArgs = z.output<typeof EnableArgs>;
const example = '/deck enableio db-1-data';

/** AWS stops the I/O of a volume whose data may be inconsistent; whether to go on is for a person alone.
 *  Source: https://docs.aws.amazon.com/ebs/latest/userguide/work_volumes_impaired.html */
export const enableioOperation = defineChange<EnableArgs, EnablePlan, { status: string }>({
  kind: 'change',
  name: 'enableio',
  command: undefined,
  summary: 'Let a volume go on that AWS has stopped because its data may be inconsistent',
  usage: '<volume, or the Name of it or of its server>',
  examples: ['vol-0123456789abcdef0', 'db-1-data'],
  role: 'operator',
  iam: ['ec2:DescribeInstances', 'ec2:DescribeVolumes', 'ec2:DescribeVolumeStatus', 'ec2:EnableVolumeIO'],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  args: EnableArgs,
  parse(words) {
    const { volumes, names, ...rest } = readSelector(words.plain, example);
    const others = rest.all || rest.instances.length + rest.snapshots.length + Object.keys(rest.tags).length > 0;
    const [volume] = volumes;
    const [name] = names;
    if (volumes.length + names.length !== 1 || others || Object.keys(words.flags).length > 0)
      throw new Refusal('bad-input', `Name one volume, by its id or its Name. For example: \`${example}\`.`);
    return volume === undefined ? { name: name! } : { volume };
  },

  async plan({ cloud }, args) {
    const id = 'volume' in args ? args.volume : await stoppedOf(cloud, args.name);
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

/** The one disk of that Name, or of the server of that Name, whose I/O AWS has stopped. Throws Refusal. */
async function stoppedOf(
  cloud: Pick<Cloud, 'instances' | 'volumes' | 'volumeHealth'>,
  name: string,
): Promise<VolumeId> {
  const named = await cloud.volumes({ tags: { Name: name } });
  const server = { all: false, instances: [], volumes: [], snapshots: [], names: [name], tags: {} };
  const volumes = named.length > 0 ? named : (await findTargets(cloud, server)).volumes;
  const health = await cloud.volumeHealth(volumes.map(({ id }) => id));
  const stopped = health.filter(({ ioEnabled }) => !ioEnabled).map(({ volumeId }) => volumeId);
  if (stopped.length > 1)
    throw new Refusal(
      'bad-input',
      `AWS has stopped the I/O of ${stopped.length} disks of \`${name}\` (${some(stopped, 5)}), and this is done one by one. For example: \`/deck enableio ${stopped[0]!}\`.`,
    );
  if (stopped[0] === undefined)
    throw new Refusal(
      'conflict',
      `AWS has not stopped the I/O of any disk of \`${name}\`, so there is nothing to enable. See what is there with \`/fleet all\`.`,
    );
  return stopped[0];
}
