import type { Form } from '#sandbox/ec2/form.ts';
import { integer, list, required } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { XmlFields } from '#sandbox/ec2/xml.ts';
import type { Server } from '#sandbox/parts.ts';

import type { Group } from './model.ts';
import { pageOf, type QueryService, type Surroundings } from './service.ts';

/** Ms of AWS: leaving and entering service, and until an unhealthy member is replaced. Plausible values. */
const moving = 10_000;
const replacing = 60_000;

/** Groups are what servers' tags say; members in Standby count as little as AWS counts them. */
export function createScalingGroups(of: Surroundings): QueryService {
  const { servers, state, now, speed } = of;
  servers.judgeMembers((id, group) => verdictOn(of, id, group));

  const members = (): readonly (Server & { group: string })[] =>
    servers
      .all()
      .filter((one): one is Server & { group: string } => one.group !== undefined && one.state !== 'terminated');

  function lifecycleOf({ id, state: power, startedAt }: Server): string {
    const { standby, returning } = state().members[id] ?? {};
    if (power === 'shutting-down') return 'Terminating';
    if (standby !== undefined) return now() < standby.since + moving / speed ? 'EnteringStandby' : 'Standby';
    const begunAt = Math.max(startedAt, returning === undefined ? 0 : returning.since + moving / speed);
    return power === 'pending' || (returning !== undefined && now() < begunAt) ? 'Pending' : 'InService';
  }

  const memberXml = (server: Server): XmlFields => ({
    InstanceId: server.id,
    AvailabilityZone: server.zone,
    LifecycleState: lifecycleOf(server),
    ProtectedFromScaleIn: false,
  });
  const isHealthy = ({ id, state: power, well }: Server): boolean =>
    state().members[id]?.unhealthyAt === undefined &&
    (state().members[id]?.standby !== undefined || (well && ['running', 'pending'].includes(power)));

  function describeInstances(form: Form): XmlFields {
    const wanted = list(form, 'InstanceIds.member');
    if (wanted.length > 50) throw new Problem('ValidationError', 'The number of instance ids is limited to 50.');
    const found = members().filter(({ id }) => wanted.length === 0 || wanted.includes(id));
    const { page, next } = pageOf(found, integer(form, 'MaxRecords') ?? 50, form.get('NextToken'));
    return {
      AutoScalingInstances: page.map((server) => ({
        ...memberXml(server),
        AutoScalingGroupName: server.group,
        // This call shouts, the other does not.
        HealthStatus: isHealthy(server) ? 'HEALTHY' : 'UNHEALTHY',
      })),
      NextToken: next,
    };
  }

  function describeGroups(form: Form): XmlFields {
    const wanted = list(form, 'AutoScalingGroupNames.member');
    const names = [...new Set(members().map(({ group }) => group))].filter(
      (name) => wanted.length === 0 || wanted.includes(name),
    );
    const { page, next } = pageOf(names, integer(form, 'MaxRecords') ?? 50, form.get('NextToken'));
    return {
      AutoScalingGroups: page.map((name) => {
        const { min, max, suspended } = groupNamed(name);
        return {
          AutoScalingGroupName: name,
          MinSize: min,
          MaxSize: max,
          DesiredCapacity: desiredOf(name),
          DefaultCooldown: 300,
          HealthCheckType: 'EC2',
          CreatedTime: '2026-01-01T00:00:00.000Z',
          SuspendedProcesses: suspended.map((process) => ({
            ProcessName: process,
            SuspensionReason: 'User suspended',
          })),
          Instances: members()
            .filter(({ group }) => group === name)
            .map((server) => ({ ...memberXml(server), HealthStatus: isHealthy(server) ? 'Healthy' : 'Unhealthy' })),
        };
      }),
      NextToken: next,
    };
  }

  const desiredOf = (name: string): number =>
    members().filter(({ id, group }) => group === name && state().members[id]?.standby === undefined).length;

  /** As asked for, or as AWS makes a group that nobody has said more of. */
  function groupNamed(name: string): Group {
    if (!members().some(({ group }) => group === name))
      throw new Problem('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
    return (state().groups[name] ??= { min: 0, max: 100, suspended: [] });
  }

  function memberFor(form: Form): Server {
    const name = required(form, 'AutoScalingGroupName');
    groupNamed(name);
    const [id = ''] = list(form, 'InstanceIds.member');
    const server = members().find((one) => one.id === id && one.group === name);
    if (server === undefined)
      throw new Problem('ValidationError', `The instance ${id} is not part of Auto Scaling group ${name}.`);
    return server;
  }

  function enterStandby(form: Form): XmlFields {
    const server = memberFor(form);
    const name = required(form, 'AutoScalingGroupName');
    if (lifecycleOf(server) !== 'InService')
      throw new Problem('ValidationError', `The instance ${server.id} is not in InService.`);
    const decrement = required(form, 'ShouldDecrementDesiredCapacity') === 'true';
    const { min, max } = groupNamed(name);
    if (decrement && desiredOf(name) - 1 < min)
      throw new Problem(
        'ValidationError',
        `AutoScalingGroup ${name} has min-size=${min}, max-size=${max}, and desired-size=${desiredOf(name)}. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.`,
      );
    state().members[server.id] = { standby: { since: now() } };
    of.changed();
    return { Activities: [activity(server, name, 'Moving EC2 instance to Standby')] };
  }

  function exitStandby(form: Form): XmlFields {
    const server = memberFor(form);
    if (state().members[server.id]?.standby === undefined)
      throw new Problem('ValidationError', `The instance ${server.id} is not in Standby.`);
    state().members[server.id] = { returning: { since: now() } };
    of.changed();
    return {
      Activities: [activity(server, required(form, 'AutoScalingGroupName'), 'Moving EC2 instance out of Standby')],
    };
  }

  const activity = (server: Server, group: string, what: string): XmlFields => ({
    ActivityId: `activity-${server.id}-${now()}`,
    AutoScalingGroupName: group,
    Description: `${what}: ${server.id}`,
    Cause: 'User request',
    StartTime: new Date(now()).toISOString(),
    StatusCode: 'InProgress',
    Progress: 50,
  });

  function setHealth(form: Form): XmlFields {
    const id = required(form, 'InstanceId');
    if (!members().some((one) => one.id === id))
      throw new Problem('ValidationError', `Unable to locate instance ${id} in any Auto Scaling group`);
    const { unhealthyAt: _was, ...rest } = state().members[id] ?? {};
    state().members[id] =
      required(form, 'HealthStatus') === 'Unhealthy' ? { ...rest, unhealthyAt: _was ?? now() } : rest;
    of.changed();
    return {};
  }

  function setProcesses(change: (now: readonly string[], named: readonly string[]) => string[]) {
    return (form: Form): XmlFields => {
      const group = groupNamed(required(form, 'AutoScalingGroupName'));
      const named = list(form, 'ScalingProcesses.member');
      const unknown = named.find((process) => !processes.includes(process));
      if (unknown !== undefined) throw new Problem('ValidationError', `Unknown scaling process: ${unknown}`);
      group.suspended = change(group.suspended, named.length === 0 ? processes : named);
      of.changed();
      return {};
    };
  }

  return {
    kind: 'query',
    prefix: 'autoscaling',
    version: '2011-01-01',
    namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    actions: {
      DescribeAutoScalingInstances: describeInstances,
      DescribeAutoScalingGroups: describeGroups,
      EnterStandby: enterStandby,
      ExitStandby: exitStandby,
      SetInstanceHealth: setHealth,
      SuspendProcesses: setProcesses((present, named) => [...new Set([...present, ...named])]),
      ResumeProcesses: setProcesses((present, named) => present.filter((one) => !named.includes(one))),
    },
  };
}

const processes = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

/** Standby and suspended processes keep a member; what was declared unhealthy goes. Undefined: as it is by itself. */
function verdictOn({ state, now, speed }: Surroundings, id: string, group: string): 'keep' | 'replace' | undefined {
  const { members, groups } = state();
  const isSuspended = (groups[group]?.suspended ?? []).some((process) => replacers.has(process));
  if (members[id]?.standby !== undefined || isSuspended) return 'keep';
  const unhealthyAt = members[id]?.unhealthyAt;
  return unhealthyAt !== undefined && now() >= unhealthyAt + replacing / speed ? 'replace' : undefined;
}

/** Without one of them nothing is replaced.
 *  Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html */
const replacers = new Set(['HealthCheck', 'ReplaceUnhealthy', 'Terminate']);
