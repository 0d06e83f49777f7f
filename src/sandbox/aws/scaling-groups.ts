import { type Form, integer, list, required } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { XmlFields } from '#sandbox/ec2/xml.ts';
import type { Server } from '#sandbox/parts.ts';

import { createMembers, type Members, verdictOn } from './scaling-members.ts';
import { pageOf, type QueryService, type Surroundings } from './service.ts';

/** EC2 Auto Scaling: groups and their members, Standby, health and suspended processes. */
export function createScalingGroups(of: Surroundings): QueryService {
  const members = createMembers(of);
  of.servers.judgeMembers((id, group) => verdictOn(of, id, group));
  return {
    kind: 'query',
    prefix: 'autoscaling',
    version: '2011-01-01',
    namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    actions: {
      DescribeAutoScalingInstances: (form) => describeInstances(members, form),
      DescribeAutoScalingGroups: (form) => describeGroups(members, form),
      EnterStandby: (form) => enterStandby(of, members, form),
      ExitStandby: (form) => exitStandby(of, members, form),
      SetInstanceHealth: (form) => setHealth(of, members, form),
      SuspendProcesses: (form) => setProcesses(of, members, form, (now, named) => [...new Set([...now, ...named])]),
      ResumeProcesses: (form) =>
        setProcesses(of, members, form, (now, named) => now.filter((one) => !named.includes(one))),
    },
  };
}

function memberXml({ lifecycleOf }: Members, server: Server): XmlFields {
  return {
    InstanceId: server.id,
    AvailabilityZone: server.zone,
    LifecycleState: lifecycleOf(server),
    ProtectedFromScaleIn: false,
  };
}

function describeInstances(members: Members, form: Form): XmlFields {
  const wanted = list(form, 'InstanceIds.member');
  if (wanted.length > 50) throw new Problem('ValidationError', 'The number of instance ids is limited to 50.');
  const found = members.all().filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const { page, next } = pageOf(found, integer(form, 'MaxRecords') ?? 50, form.get('NextToken'));
  return {
    AutoScalingInstances: page.map((server) => ({
      ...memberXml(members, server),
      AutoScalingGroupName: server.group,
      // This call shouts, the other does not.
      HealthStatus: members.isHealthy(server) ? 'HEALTHY' : 'UNHEALTHY',
    })),
    NextToken: next,
  };
}

function describeGroups(members: Members, form: Form): XmlFields {
  const wanted = list(form, 'AutoScalingGroupNames.member');
  const names = [...new Set(members.all().map(({ group }) => group))].filter(
    (name) => wanted.length === 0 || wanted.includes(name),
  );
  const { page, next } = pageOf(names, integer(form, 'MaxRecords') ?? 50, form.get('NextToken'));
  return { AutoScalingGroups: page.map((name) => groupXml(members, name)), NextToken: next };
}

function groupXml(members: Members, name: string): XmlFields {
  const { min, max, suspended } = members.group(name);
  const own = members.all().filter(({ group }) => group === name);
  return {
    AutoScalingGroupName: name,
    MinSize: min,
    MaxSize: max,
    DesiredCapacity: members.desiredOf(name),
    DefaultCooldown: 300,
    HealthCheckType: 'EC2',
    CreatedTime: '2026-01-01T00:00:00.000Z',
    SuspendedProcesses: suspended.map((process) => ({
      ProcessName: process,
      SuspensionReason: 'User suspended',
    })),
    Instances: own.map((server) => ({
      ...memberXml(members, server),
      HealthStatus: members.isHealthy(server) ? 'Healthy' : 'Unhealthy',
    })),
  };
}

/** The member that a call names, which must be in the group that it names. */
function memberFor(members: Members, form: Form): { server: Server; name: string } {
  const name = required(form, 'AutoScalingGroupName');
  members.group(name);
  const [id = ''] = list(form, 'InstanceIds.member');
  const server = members.all().find((one) => one.id === id && one.group === name);
  if (server === undefined)
    throw new Problem('ValidationError', `The instance ${id} is not part of Auto Scaling group ${name}.`);
  return { server, name };
}

function enterStandby(of: Surroundings, members: Members, form: Form): XmlFields {
  const { server, name } = memberFor(members, form);
  if (members.lifecycleOf(server) !== 'InService')
    throw new Problem('ValidationError', `The instance ${server.id} is not in InService.`);
  const decrement = required(form, 'ShouldDecrementDesiredCapacity') === 'true';
  const { min, max } = members.group(name);
  const desired = members.desiredOf(name);
  if (decrement && desired - 1 < min)
    throw new Problem(
      'ValidationError',
      `AutoScalingGroup ${name} has min-size=${min}, max-size=${max}, and desired-size=${desired}. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.`,
    );
  of.state().members[server.id] = { standby: { since: of.now() } };
  of.changed();
  return { Activities: [activity(server, { name, at: of.now(), what: 'Moving EC2 instance to Standby' })] };
}

function exitStandby(of: Surroundings, members: Members, form: Form): XmlFields {
  const { server, name } = memberFor(members, form);
  if (of.state().members[server.id]?.standby === undefined)
    throw new Problem('ValidationError', `The instance ${server.id} is not in Standby.`);
  of.state().members[server.id] = { returning: { since: of.now() } };
  of.changed();
  return { Activities: [activity(server, { name, at: of.now(), what: 'Moving EC2 instance out of Standby' })] };
}

function activity({ id }: Server, { name, at, what }: { name: string; at: number; what: string }): XmlFields {
  return {
    ActivityId: `activity-${id}-${at}`,
    AutoScalingGroupName: name,
    Description: `${what}: ${id}`,
    Cause: 'User request',
    StartTime: new Date(at).toISOString(),
    StatusCode: 'InProgress',
    Progress: 50,
  };
}

function setHealth(of: Surroundings, members: Members, form: Form): XmlFields {
  const id = required(form, 'InstanceId');
  if (!members.all().some((one) => one.id === id))
    throw new Problem('ValidationError', `Unable to locate instance ${id} in any Auto Scaling group`);
  const { unhealthyAt = of.now(), ...rest } = of.state().members[id] ?? {};
  of.state().members[id] = required(form, 'HealthStatus') === 'Unhealthy' ? { ...rest, unhealthyAt } : rest;
  of.changed();
  return {};
}

function setProcesses(
  of: Surroundings,
  members: Members,
  form: Form,
  change: (now: readonly string[], named: readonly string[]) => string[],
): XmlFields {
  const group = members.group(required(form, 'AutoScalingGroupName'));
  const named = list(form, 'ScalingProcesses.member');
  const unknown = named.find((process) => !processes.includes(process));
  if (unknown !== undefined) throw new Problem('ValidationError', `Unknown scaling process: ${unknown}`);
  group.suspended = change(group.suspended, named.length === 0 ? processes : named);
  of.changed();
  return {};
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
