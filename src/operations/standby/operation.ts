import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import type { Selector } from '#lib/selector.ts';
import { asServer, findServer, readServers } from '#lib/servers.ts';
import { defineChange } from '#operations/contract.ts';

import { done, planned } from './messages.ts';
import type { StandbyPlan } from './plan.ts';

type StandbyArgs = { selector: Selector; back: boolean };
const example = '/deck standby web-1';

/** Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-enter-exit-standby.html */
export const standbyOperation = defineChange<StandbyArgs, StandbyPlan, { lifecycle: string }>({
  kind: 'change',
  name: 'standby',
  command: undefined,
  summary: 'Take a member of an Auto Scaling group out of service without losing it, or put it back',
  usage: '<server> [--back]',
  examples: ['web-1', 'web-1 --back'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'autoscaling:DescribeAutoScalingInstances',
    'autoscaling:DescribeAutoScalingGroups',
    'autoscaling:EnterStandby',
    'autoscaling:ExitStandby',
  ],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: z.custom<StandbyArgs>((value) => typeof value === 'object' && value !== null && 'selector' in value),
  parse: (words) => ({
    selector: readServers(words, { example, flags: ['back'] }),
    back: words.flags['back'] !== undefined,
  }),

  async plan({ cloud, platform }, { selector, back }) {
    const server = await findServer(cloud, selector, example);
    const [member] = await platform.groups.members([server.id]);
    if (member === undefined)
      throw new Refusal('unsuitable', `${label(server)} is in no Auto Scaling group, so it has no Standby.`);
    const from = back ? 'Standby' : 'InService';
    if (member.lifecycle !== from)
      throw new Refusal(
        'conflict',
        `${label(server)} is ${member.lifecycle} in ${member.group}, not ${from}, so this does nothing.`,
      );
    const [group] = await platform.groups.groups([member.group]);
    if (!back && group !== undefined && group.desired - 1 < group.min)
      throw new Refusal(
        'conflict',
        `${member.group} would go below its minimum of ${group.min}. Lower the minimum in the EC2 console first, then ask again.`,
      );
    return { server: asServer(server), group: member.group, back };
  },
  async check({ platform }, { server, group, back }) {
    const [member] = await platform.groups.members([server.id]);
    const from = back ? 'Standby' : 'InService';
    return member?.group === group && member.lifecycle === from
      ? []
      : [`${label(server)} is no longer ${from} in ${group}.`];
  },
  resources: ({ server }) => [server.id],
  stages: ({ back }) => [back ? 'Put back into service' : 'Take out of service'],
  async story(story, { server: { id: instanceId }, group, back }) {
    const { groups } = story.platform;
    const name = `aws autoscaling ${back ? 'enter' : 'exit'}-standby --instance-ids ${instanceId} --auto-scaling-group-name ${group}`;
    const of = { group, instanceId };
    story.stage(0);
    story.undo(
      back ? 'into Standby again' : 'back into service',
      () => (back ? groups.enterStandby(of) : groups.exitStandby(of)),
      back ? `${name} --should-decrement-desired-capacity` : name,
    );
    await story.step('change', () => (back ? groups.exitStandby(of) : groups.enterStandby(of)));
    const to = back ? 'InService' : 'Standby';
    const lifecycle = await story.poll(to, {
      look: async () => {
        const [member] = await groups.members([instanceId]);
        return member?.lifecycle === to ? member.lifecycle : undefined;
      },
      withinMs: story.limits.wait.startMs,
      what: `${instanceId} becoming ${to}`,
    });
    return { lifecycle };
  },
  words: { planned, done },
  inverse: ({ server, back }) =>
    back
      ? undefined
      : {
          label: 'Put back into service',
          args: {
            selector: { all: false, instances: [server.id], volumes: [], snapshots: [], names: [], tags: {} },
            back: true,
          },
        },
});
