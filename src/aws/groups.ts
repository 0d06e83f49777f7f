import { z } from 'zod';

import { isRefusal } from '#errors.ts';
import { InstanceId } from '#ports/ids.ts';
import type { Group, GroupMember, Groups } from '#ports/platform.ts';

import { chunks } from './filters.ts';
import { many, text } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { autoScaling } from './services.ts';

/** Largest pages. Source: API_DescribeAutoScalingInstances and API_DescribeAutoScalingGroups of
 *  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/ */
const mostInstances = 50;
const mostGroups = 100;

const entered = /^(?:EnteringStandby|Standby)$/;
const exited = /^(?:InService|Pending)/;

/** EC2 Auto Scaling of one account and Region. */
export function createGroups(options: SenderOptions): Groups & { close: () => void } {
  const { send, list, close } = createSender(
    { service: autoScaling, load: () => import('./auto-scaling-sdk.ts') },
    options,
  );

  async function members(ids: readonly InstanceId[]): Promise<readonly GroupMember[]> {
    const found: GroupMember[] = [];
    for (const InstanceIds of chunks([...new Set(ids)], mostInstances)) {
      const pages = await list(
        'DescribeAutoScalingInstances',
        (sdk, NextToken) =>
          new sdk.DescribeAutoScalingInstancesCommand({ InstanceIds, MaxRecords: mostInstances, NextToken }),
        z.object({ NextToken: text, AutoScalingInstances: many(MemberReply) }),
      );
      for (const { AutoScalingInstances } of pages)
        found.push(...AutoScalingInstances.map((one) => memberOf(one, one.AutoScalingGroupName ?? '')));
    }
    return found;
  }

  async function groups(names: readonly string[]): Promise<readonly Group[]> {
    const found: Group[] = [];
    for (const AutoScalingGroupNames of chunks([...new Set(names)], mostGroups)) {
      const pages = await list(
        'DescribeAutoScalingGroups',
        (sdk, NextToken) =>
          new sdk.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames, MaxRecords: mostGroups, NextToken }),
        z.object({ NextToken: text, AutoScalingGroups: many(GroupReply) }),
      );
      found.push(...pages.flatMap(({ AutoScalingGroups }) => AutoScalingGroups));
    }
    return found;
  }

  /** Asks for it unless it is so already; what AWS refuses because it is so by now is done as well. */
  async function into(lifecycle: RegExp, id: InstanceId, act: () => Promise<unknown>): Promise<void> {
    const isThere = async () => (await members([id])).some((member) => lifecycle.test(member.lifecycle));
    if (await isThere()) return;
    try {
      await act();
    } catch (error) {
      if (!isRefusal(error) || !(await isThere())) throw error;
    }
  }

  return {
    members,
    groups,
    enterStandby: ({ group, instanceId }) =>
      into(entered, instanceId, () => {
        const input = {
          AutoScalingGroupName: group,
          InstanceIds: [instanceId],
          ShouldDecrementDesiredCapacity: true,
        };
        return send({ action: 'EnterStandby', command: (sdk) => new sdk.EnterStandbyCommand(input) }, z.unknown());
      }),
    exitStandby: ({ group, instanceId }) =>
      into(exited, instanceId, () => {
        const input = { AutoScalingGroupName: group, InstanceIds: [instanceId] };
        return send({ action: 'ExitStandby', command: (sdk) => new sdk.ExitStandbyCommand(input) }, z.unknown());
      }),
    setUnhealthy: async (instanceId) => {
      const input = { InstanceId: instanceId, HealthStatus: 'Unhealthy', ShouldRespectGracePeriod: false };
      await send(
        { action: 'SetInstanceHealth', command: (sdk) => new sdk.SetInstanceHealthCommand(input) },
        z.unknown(),
      );
    },
    suspend: async (group, processes) => {
      const input = { AutoScalingGroupName: group, ScalingProcesses: [...processes] };
      await send({ action: 'SuspendProcesses', command: (sdk) => new sdk.SuspendProcessesCommand(input) }, z.unknown());
    },
    resume: async (group, processes) => {
      const input = { AutoScalingGroupName: group, ScalingProcesses: [...processes] };
      await send({ action: 'ResumeProcesses', command: (sdk) => new sdk.ResumeProcessesCommand(input) }, z.unknown());
    },
    close,
  };
}

const MemberReply = z.object({
  InstanceId,
  AutoScalingGroupName: text,
  LifecycleState: z.string(),
  HealthStatus: z.string(),
  ProtectedFromScaleIn: z.boolean().optional(),
});

function memberOf(reply: z.infer<typeof MemberReply>, group: string): GroupMember {
  return {
    instanceId: reply.InstanceId,
    group,
    lifecycle: reply.LifecycleState,
    // HEALTHY in one call, Healthy in the other.
    healthy: reply.HealthStatus.toLowerCase() === 'healthy',
    protectedFromScaleIn: reply.ProtectedFromScaleIn ?? false,
  };
}

const GroupReply = z
  .object({
    AutoScalingGroupName: z.string(),
    MinSize: z.number(),
    MaxSize: z.number(),
    DesiredCapacity: z.number(),
    HealthCheckType: text,
    SuspendedProcesses: many(z.object({ ProcessName: z.string() })),
    Instances: many(MemberReply),
  })
  .transform((reply): Group => ({
    name: reply.AutoScalingGroupName,
    min: reply.MinSize,
    max: reply.MaxSize,
    desired: reply.DesiredCapacity,
    suspended: reply.SuspendedProcesses.map(({ ProcessName }) => ProcessName),
    healthCheck: reply.HealthCheckType ?? 'EC2',
    members: reply.Instances.map((one) => memberOf(one, reply.AutoScalingGroupName)),
  }));
