import type { Action } from './call.ts';
import { stateXml, zoneId } from './describe-instances.ts';
import { describe, listParameters } from './describe.ts';
import type { FilterFields } from './filters.ts';
import { flag, list } from './form.ts';
import type { Check, Instance, ScheduledEvent } from './model.ts';
import { Problem } from './problems.ts';
import { checkState, instanceState, runs, stateCodes } from './states.ts';
import type { World } from './world.ts';
import { iso, type XmlFields } from './xml.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html */
const mostIds = 100;

export const describeInstanceStatus: Action = {
  takes: [...listParameters, 'InstanceId', 'IncludeAllInstances', 'IncludeManagedResources'],
  run: (call) => {
    const { world, form } = call;
    if (list(form, 'InstanceId').length > mostIds)
      throw new Problem('InvalidRequest', `The request names more than ${mostIds} instances.`);
    const all = flag(form, 'IncludeAllInstances');
    const page = describe(call, 'instance', {
      ids: 'InstanceId',
      rule: { least: 5, most: 1_000 },
      fields: statusFields(world),
      also: (instance) => all || runs(instance, world.now()),
    });
    return { instanceStatusSet: page.items.map((one) => statusXml(world, one)), nextToken: page.nextToken };
  },
};

function statusXml(world: World, instance: Instance): XmlFields {
  const summary = (check: Check): XmlFields => summaryXml(instance, check, world.now());
  return {
    instanceId: instance.id,
    availabilityZone: instance.zone,
    availabilityZoneId: zoneId(world, instance.zone),
    instanceState: stateXml(instanceState(instance, world.now())),
    systemStatus: summary('system'),
    instanceStatus: summary('instance'),
    attachedEbsStatus: summary('ebs'),
    ...(instance.events.length === 0 ? {} : { eventsSet: instance.events.map(eventXml) }),
    operator: { managed: false },
  };
}

const reachability = { ok: 'passed', impaired: 'failed', initializing: 'initializing' } as const;

function summaryXml(instance: Instance, check: Check, now: number): XmlFields {
  const status = checkState(instance, check, now);
  if (status === 'not-applicable') return { status };
  const since = instance.impaired[check];
  return {
    status,
    details: [
      {
        name: 'reachability',
        status: reachability[status],
        ...(status === 'impaired' && since !== undefined ? { impairedSince: iso(since) } : {}),
      },
    ],
  };
}

function eventXml(event: ScheduledEvent): XmlFields {
  return {
    instanceEventId: event.id,
    code: event.code,
    description: event.description,
    notBefore: iso(event.notBefore),
    notAfter: iso(event.notAfter),
    notBeforeDeadline: iso(event.deadline),
  };
}

function statusFields(world: World): FilterFields<Instance> {
  const now = world.now();
  const reached = (check: Check) => (instance: Instance) => {
    const state = checkState(instance, check, now);
    return [state === 'not-applicable' ? undefined : reachability[state]];
  };
  return {
    'availability-zone': ({ zone }) => [zone],
    'instance-state-name': (one) => [instanceState(one, now)],
    'instance-state-code': (one) => [String(stateCodes[instanceState(one, now)])],
    'instance-status.status': (one) => [checkState(one, 'instance', now)],
    'instance-status.reachability': reached('instance'),
    'system-status.status': (one) => [checkState(one, 'system', now)],
    'system-status.reachability': reached('system'),
    'attached-ebs-status.status': (one) => [checkState(one, 'ebs', now)],
    'event.code': ({ events }) => events.map(({ code }) => code),
    'event.description': ({ events }) => events.map(({ description }) => description),
    'event.instance-event-id': ({ events }) => events.map(({ id }) => id),
    'event.not-before': ({ events }) => events.map(({ notBefore }) => iso(notBefore)),
  };
}
