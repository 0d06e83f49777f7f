import { byIds } from './lists.ts';
import { delays, type InstanceRow } from './model.ts';
import type { State } from './state.ts';
import { Ec2Error, type Form, type Xml } from './wire.ts';

type Reply = { readonly [name: string]: Xml };
const codes: Readonly<Record<string, number>> = { pending: 0, running: 16, stopping: 64, stopped: 80 };

/** All ids are checked before anything is done: one bad id, and nothing happens to the others. */
export function startInstances(state: State, form: Form): Reply {
  const rows = byIds(state.world.instances, form.list('InstanceId'), 'Instance');
  const wrong = rows.find((row) => !['stopped', 'running', 'pending'].includes(row.state));
  if (wrong !== undefined)
    throw new Ec2Error(
      'IncorrectInstanceState',
      `The instance '${wrong.id}' is not in a state from which it can be started.`,
    );
  const rootless = rows.find(
    (row) =>
      ![...state.world.volumes.values()].some(({ attachment }) => attachment?.instanceId === row.id && attachment.root),
  );
  if (rootless !== undefined)
    throw new Ec2Error('IncorrectInstanceState', `The instance '${rootless.id}' has no root device attached.`);
  return {
    instancesSet: rows.map((row) => changed(row, row.state === 'stopped' ? () => start(state, row) : () => undefined)),
  };
}

export function stopInstances(state: State, form: Form): Reply {
  const rows = byIds(state.world.instances, form.list('InstanceId'), 'Instance');
  const wrong = rows.find((row) => ['terminated', 'shutting-down'].includes(row.state));
  if (wrong !== undefined)
    throw new Ec2Error(
      'IncorrectInstanceState',
      `The instance '${wrong.id}' is not in a state from which it can be stopped.`,
    );
  return {
    instancesSet: rows.map((row) =>
      changed(row, ['running', 'pending'].includes(row.state) ? () => stop(state, row) : () => undefined),
    ),
  };
}

/** A reboot cures the instance check; there is no state to see. */
export function rebootInstances(state: State, form: Form): Reply {
  const rows = byIds(state.world.instances, form.list('InstanceId'), 'Instance');
  const stopped = rows.find((row) => row.state !== 'running' && row.state !== 'terminated');
  if (stopped !== undefined)
    throw new Ec2Error(
      'IncorrectState',
      `Cannot reboot instance ${stopped.id} that is currently in ${stopped.state} state.`,
    );
  for (const row of rows) {
    row.impaired.instance = undefined;
    row.checksFrom = state.after(delays.checks);
  }
  return { return: true };
}

export function start(state: State, row: InstanceRow): void {
  row.state = 'pending';
  row.stateReason = '';
  row.change = { at: state.after(delays.start), to: 'running' };
  row.checksFrom = state.after(delays.start + delays.checks);
  row.launchedAt = state.now();
  // A start moves it to another host.
  row.impaired = {};
  if (row.publicIp !== '' && !row.elasticIp) row.publicIp = `198.51.100.${(state.world.nextId++ % 250) + 1}`;
}

export function stop(state: State, row: InstanceRow): void {
  row.state = 'stopping';
  row.stateReason = 'Client.UserInitiatedShutdown';
  row.change = { at: state.after(delays.stop), to: 'stopped' };
}

function changed(row: InstanceRow, act: () => void): Xml {
  const before = row.state;
  act();
  return {
    instanceId: row.id,
    previousState: { code: codes[before] ?? 0, name: before },
    currentState: { code: codes[row.state] ?? 0, name: row.state },
  };
}
