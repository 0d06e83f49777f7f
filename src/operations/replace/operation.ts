import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import type { Selector } from '#lib/selector.ts';
import { asServer, findServer, readServers, type Server } from '#lib/servers.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import type { GroupMember } from '#ports/platform.ts';

import { done, planned } from './messages.ts';
import type { ReplacePlan, ReplaceResult } from './plan.ts';

type ReplaceArgs = { selector: Selector };
const example = '/deck replace web-1';
/** Without these a group does not replace. Source:
 *  https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html */
const needed = ['ReplaceUnhealthy', 'Terminate', 'Launch'];

export const replaceOperation = defineChange<ReplaceArgs, ReplacePlan, ReplaceResult>({
  kind: 'change',
  name: 'replace',
  command: undefined,
  summary: 'Mark a member of an Auto Scaling group unhealthy, so that its group replaces it',
  usage: '<server>',
  examples: ['web-1', 'i-0123456789abcdef0'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'autoscaling:DescribeAutoScalingInstances',
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:SetInstanceHealth',
  ],
  approval: { kind: 'approve', count: 1, role: 'approver', expiresMs: 4 * 3_600_000 },
  urgent: true,
  args: z.custom<ReplaceArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse: (words) => ({ selector: readServers(words, { example }) }),

  async plan(asking, { selector }) {
    const server = await findServer(asking.cloud, selector, example);
    const member = await memberOf(asking, server.id);
    if (member === undefined)
      throw new Refusal(
        'unsuitable',
        `${label(server)} is in no Auto Scaling group, so nothing would replace it. Move it to another host with \`/deck migrate\`, or restore it.`,
      );
    if (member.lifecycle !== 'InService')
      throw new Refusal(
        'conflict',
        `${label(server)} is ${member.lifecycle} in ${member.group}; only a member in service is replaced. Put it back with \`/deck standby ${server.id} --back\` first.`,
      );
    const [group] = await asking.platform.groups.groups([member.group]);
    const off = needed.filter((process) => group?.suspended.includes(process) === true);
    if (off.length > 0)
      throw new Refusal(
        'conflict',
        `${off.join(', ')} is suspended in ${member.group}, so it would not be replaced. Resume that in the EC2 console, then ask again.`,
      );
    return { server: asServer(server), group: member.group };
  },
  async check(asking, { server, group }) {
    const member = await memberOf(asking, server.id);
    return member?.group === group && member.lifecycle === 'InService'
      ? []
      : [`${label(server)} is no longer in service in ${group}.`];
  },
  resources: ({ server }) => [server.id],
  stages: () => ['Mark unhealthy', 'Wait for the group'],
  async story(story, { server, group }) {
    const { groups } = story.platform;
    story.stage(0);
    await story.step('mark', () => groups.setUnhealthy(server.id));
    story.stage(1);
    // The signal that raised it belongs to a server that goes away: what counts is that the group is whole without it.
    await story.poll('replaced', {
      look: async () => {
        const [now] = await groups.groups([group]);
        const serving = (now?.members ?? []).filter(
          (one) => one.instanceId !== server.id && one.lifecycle === 'InService',
        );
        story.stage(1, `${serving.length} of ${now?.desired ?? 0} others in service`);
        const isLeaving = now?.members.every(
          (one) => one.instanceId !== server.id || one.lifecycle.startsWith('Terminating'),
        );
        return isLeaving === true && serving.length >= (now?.desired ?? 0) ? true : undefined;
      },
      withinMs: story.limits.wait.startMs + story.limits.wait.checksMs,
      what: `${group} replacing ${server.id}`,
    });
    return { replaced: true };
  },
  words: { planned, done },
});

async function memberOf({ platform }: Pick<Asking, 'platform'>, id: Server['id']): Promise<GroupMember | undefined> {
  return (await platform.groups.members([id]))[0];
}
