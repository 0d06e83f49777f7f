import type { Server, Servers } from '#sandbox/parts.ts';

import { groupTag, type MemberVerdict, replaceMembers } from './auto-scaling.ts';
import { checks, type Instance } from './model.ts';
import { checkState, instanceState } from './states.ts';
import { exists, named, type World } from './world.ts';

/** The servers as the other make-believe services of the same account see them. */
export function createServers(world: () => World, verdict: { of: MemberVerdict }): Servers {
  /** Replaces the members that are due first, as any call of EC2 does. */
  function now(): World {
    const present = world();
    replaceMembers(present, verdict.of);
    return present;
  }
  return {
    account: () => world().account,
    region: () => world().region,
    all: () => {
      const present = now();
      return present.tables.instance
        .all()
        .filter((one) => exists(present, 'instance', one))
        .map((one) => serverOf(present, one));
    },
    named: (word) => {
      const present = now();
      const found = named(present, word);
      return found === undefined ? undefined : serverOf(present, found);
    },
    judgeMembers: (of) => (verdict.of = of),
  };
}

function serverOf(world: World, instance: Instance): Server {
  const at = world.now();
  return {
    id: instance.id,
    name: instance.tags.get('Name') ?? '',
    state: instanceState(instance, at),
    well: checks.every((check) => checkState(instance, check, at) !== 'impaired'),
    zone: instance.zone,
    address: instance.privateIp,
    type: instance.type,
    group: instance.tags.get(groupTag),
    tags: Object.fromEntries(instance.tags),
    startedAt: instance.power.doneAt,
    bootedAt: instance.initializedAt - world.pace.initialize,
    disks: world.attachedTo(instance).map(({ volume }) => ({ id: volume.id, fromSnapshot: volume.snapshotId !== '' })),
  };
}
