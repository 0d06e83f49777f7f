import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';

import { Refusal } from '#errors.ts';
import { createCallLog } from '#sandbox/ec2/calls.ts';
import { createNotifier } from '#sandbox/ec2/notifier.ts';
import { type Problem, statusOf as httpStatusOf } from '#sandbox/ec2/problems.ts';
import { openKeptFile } from '#sandbox/kept-file.ts';
import type { AwsPart, Servers } from '#sandbox/parts.ts';
import { createTroubles } from '#sandbox/troubles.ts';

import { createBalancers } from './balancers.ts';
import { createContainerServices } from './container-services.ts';
import { setFaults } from './control.ts';
import { createDoor } from './door.ts';
import { createKeys, type FindKey, isOf, keyNamed, useOf } from './keys.ts';
import { firstState, State } from './model.ts';
import { createScalingGroups } from './scaling-groups.ts';
import type { Surroundings } from './service.ts';
import { createSystemsManager, statusOf } from './systems-manager.ts';

export type AwsOptions = Pick<Surroundings, 'now' | 'speed'> & {
  /** Why a request is refused whatever it asks for, if it is. */
  refusalOf?: (request: IncomingMessage) => Problem | undefined;
  servers: Servers;
  /** Finds the keys of other accounts and Regions. */
  findKey?: FindKey;
  /** Everything but faults is kept there. */
  stateFile?: string | undefined;
  /** Something that serves a site was started anew. */
  restarted?: Surroundings['restarted'];
};

/**
 * Make-believe Systems Manager, Auto Scaling, ECS, Elastic Load Balancing, KMS and S3 beside the make-believe EC2, whose
 * servers they see. Throws Refusal "bad-input" for an unreadable state file.
 */
export function createAws(options: AwsOptions): AwsPart & { findKey: FindKey } {
  const { servers, now, speed, restarted = () => {} } = options;
  let state = readState(options.stateFile) ?? firstState(now());
  const file = openKeptFile(options.stateFile, () => JSON.stringify(state));
  const notifier = createNotifier(now);
  const findKey: FindKey = (name, by) => {
    const here = { account: servers.account(), region: servers.region() };
    return isOf(here, name, by) ? keyNamed(state.keys, name, here) : options.findKey?.(name, by);
  };
  const surroundings: Surroundings = {
    servers,
    findKey,
    state: () => state,
    changed: () => {
      file.save();
      notifier.changed();
    },
    now,
    speed,
    restarted,
  };
  const calls = createCallLog(now);
  const troubles = createTroubles({ service: '*', statusOf: httpStatusOf });
  const door = createDoor({
    surroundings,
    services: [
      createSystemsManager(surroundings),
      createScalingGroups(surroundings),
      createContainerServices(surroundings),
      createBalancers(surroundings),
      createKeys(surroundings),
    ],
    troubles,
    calls,
    called: notifier.called,
    refusalOf: options.refusalOf ?? (() => undefined),
  });

  function reset(): void {
    state = firstState(now());
    troubles.clear();
  }

  return {
    takes: (request: IncomingMessage) => door.takes(request),
    findKey,
    keyUse: (name, by) => useOf(findKey(name, by), by),
    handle: door.handle,
    dump: () => ({
      commands: state.commands.map((command) => ({ ...command, ...statusOf(command, now()) })),
      silent: state.silent,
      groups: state.groups,
      members: state.members,
      services: state.services,
      keys: state.keys,
      policies: state.policies,
      objects: state.objects.map(({ bucket, key, text }) => ({ bucket, key, bytes: Buffer.byteLength(text) })),
      calls: calls.counts(),
      recentCalls: calls.recent(),
      faults: troubles.list(),
    }),
    faults: (input) => setFaults({ surroundings, troubles, reset }, input),
    onChange: notifier.onChange,
    close: () => {
      notifier.close();
      door.close();
      return file.close();
    },
  };
}

function readState(path: string | undefined): State | undefined {
  if (path === undefined || !existsSync(path)) return undefined;
  try {
    return State.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new Refusal(
      'bad-input',
      `The services in ${path} cannot be read. Delete that file, or start with another --data-dir.`,
      {},
      { cause: error },
    );
  }
}
