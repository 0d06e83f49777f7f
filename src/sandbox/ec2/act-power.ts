import type { Action, Call } from './call.ts';
import { stateXml } from './describe-instances.ts';
import { list } from './form.ts';
import type { Form } from './form.ts';
import type { Instance } from './model.ts';
import { reboot, start, stop, terminate, userInitiated } from './power.ts';
import { incorrectState, invalid, missing, Problem } from './problems.ts';
import { instanceState } from './states.ts';
import { find, type World } from './world.ts';
import type { XmlFields } from './xml.ts';

/** One instance that may not be changed: nothing is done for the others either. */
function powerAction(
  takes: readonly string[],
  check: (world: World, instance: Instance) => void,
  act: (world: World, instance: Instance) => void,
): Action {
  return {
    takes: ['InstanceId', 'DryRun', ...takes],
    counts: countInstances,
    run: (call) => {
      const instances = namedIn(call);
      for (const instance of instances) check(call.world, instance);
      const before = instances.map((instance) => instanceState(instance, call.world.now()));
      for (const instance of instances) act(call.world, instance);
      return { instancesSet: instances.map(({ id }, at) => changeXml(call.world, id, before[at] ?? 'pending')) };
    },
  };
}

export function countInstances(form: Form): number {
  return list(form, 'InstanceId').length;
}

function namedIn({ world, form }: Call): Instance[] {
  const ids = [...new Set(list(form, 'InstanceId'))];
  if (ids.length === 0) throw missing('InstanceId');
  return find(world, 'instance', ids);
}

function changeXml(world: World, id: string, before: ReturnType<typeof instanceState>): XmlFields {
  const after = world.tables.instance.get(id);
  const now = after === undefined ? before : instanceState(after, world.now());
  return { instanceId: id, previousState: stateXml(before), currentState: stateXml(now) };
}

function wrongState(id: string, verb: string): Problem {
  return new Problem('IncorrectInstanceState', `The instance '${id}' is not in a state from which it can be ${verb}.`);
}

export const startInstances = powerAction(
  ['AdditionalInfo'],
  (world, instance) => {
    const state = instanceState(instance, world.now());
    if (state === 'running' || state === 'pending') return;
    if (state !== 'stopped') throw wrongState(instance.id, 'started');
    const hasRoot = world.attachedTo(instance).some(({ attachment }) => attachment.device === instance.rootDevice);
    if (!hasRoot)
      throw invalid(
        `Invalid value '${instance.id}' for instanceId. Instance does not have a volume attached at root (${instance.rootDevice})`,
      );
  },
  start,
);

export const stopInstances = powerAction(
  ['Force', 'Hibernate', 'SkipOsShutdown'],
  (world, instance) => {
    const state = instanceState(instance, world.now());
    if (state === 'terminated' || state === 'shutting-down') throw wrongState(instance.id, 'stopped');
    if (instance.disableApiStop && state !== 'stopped')
      throw new Problem(
        'OperationNotPermitted',
        `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
      );
  },
  (world, instance) => stop(world, instance, userInitiated),
);

export const terminateInstances = powerAction(
  ['Force', 'SkipOsShutdown'],
  (_world, instance) => {
    if (instance.disableApiTermination && instance.power.to !== 'terminated')
      throw new Problem(
        'OperationNotPermitted',
        `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
  },
  terminate,
);

/** Only queues; a terminated instance is passed over. */
export const rebootInstances: Action = {
  takes: ['InstanceId', 'DryRun'],
  counts: countInstances,
  run: (call) => {
    const { world } = call;
    const instances = namedIn(call).filter((instance) => instance.power.to !== 'terminated');
    for (const instance of instances) {
      const state = instanceState(instance, world.now());
      if (state !== 'running' && state !== 'pending')
        throw incorrectState(`Cannot reboot instance ${instance.id} that is currently in ${state} state.`);
    }
    for (const instance of instances) reboot(world, instance);
    return { return: true };
  },
};
