import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Ec2Part } from '#sandbox/parts.ts';

import { createBuckets } from './buckets.ts';
import {
  describeInstances,
  describeInstanceStatus,
  describeSnapshots,
  describeTags,
  describeVolumes,
  describeZones,
} from './describe.ts';
import { type CallLog, dumpState } from './dump.ts';
import { applyFaults } from './faults.ts';
import { account, type Injection } from './model.ts';
import { rebootInstances, startInstances, stopInstances } from './power.ts';
import { createSnapshot, createSnapshots, deleteSnapshot } from './snapshots.ts';
import { createState, type State } from './state.ts';
import { createTags, deleteTags } from './tags.ts';
import { attachVolume, createVolume, deleteVolume, detachVolume, modifyInstanceAttribute } from './volumes.ts';
import { bodyOf, Ec2Error, failure, type Form, readForm, send, success, type Xml } from './wire.ts';

export type Ec2Options = {
  /** Servers in the fleet. */
  instances: number;
  /** Delays are divided by it, rate limits multiplied. */
  speed: number;
  /** Kept there over restarts. */
  stateFile?: string;
  now: () => number;
};

type Action = (state: State, form: Form) => { readonly [name: string]: Xml };
const actions: Readonly<Record<string, Action>> = {
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeVolumes: describeVolumes,
  DescribeSnapshots: describeSnapshots,
  DescribeTags: describeTags,
  DescribeAvailabilityZones: describeZones,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  RebootInstances: rebootInstances,
  CreateSnapshot: createSnapshot,
  CreateSnapshots: createSnapshots,
  DeleteSnapshot: deleteSnapshot,
  CreateVolume: createVolume,
  DeleteVolume: deleteVolume,
  AttachVolume: attachVolume,
  DetachVolume: detachVolume,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  CreateTags: createTags,
  DeleteTags: deleteTags,
};

/** A make-believe EC2: the Query protocol, state machines with AWS's delays, rate limits, tokens and error codes. */
export function createEc2(options: Ec2Options): Ec2Part {
  const state = createState({ ...options, stateFile: options.stateFile });
  const take = createBuckets(options.now, options.speed);
  const calls: CallLog = { total: 0, byAction: {}, recent: [] };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = readForm(await bodyOf(request));
    const action = form.get('Action') ?? '';
    if (form.flag('DryRun') !== true) count(action);
    const disturbed = takeInjection(state, action, form);
    if (disturbed !== undefined && !disturbed.afterWork) await disturb(disturbed, response);
    if (response.destroyed) return;
    const xml = carryOut(action, form);
    if (disturbed !== undefined && disturbed.afterWork) {
      if (!action.startsWith('Describe')) state.save();
      await disturb(disturbed, response);
    }
    if (response.destroyed) return;
    note(action, 200, '');
    send(response, 200, xml);
  }

  function carryOut(action: string, form: Form): string {
    const act = actions[action];
    if (act === undefined)
      throw new Ec2Error('UnsupportedOperation', `The make-believe EC2 does not offer ${action}.`, 501);
    if (state.world.denied.has(action)) throw denied(action);
    if (form.flag('DryRun') === true)
      throw new Ec2Error('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', 412);
    take(action, form.get('MaxResults') !== undefined || form.get('Filter.1.Name') !== undefined);
    state.settle();
    const reply = act(state, form);
    if (!action.startsWith('Describe')) state.changed();
    return success(action, randomUUID(), reply);
  }

  function count(action: string): void {
    calls.total++;
    calls.byAction[action] = (calls.byAction[action] ?? 0) + 1;
  }

  function note(action: string, status: number, code: string): void {
    calls.recent.push({ at: options.now(), action, status, code });
    if (calls.recent.length > 200) calls.recent.shift();
  }

  return {
    handle: (request, response) => {
      answer(request, response).catch((error: unknown) => {
        const known =
          error instanceof Ec2Error
            ? error
            : new Ec2Error('InternalError', error instanceof Error ? error.message : 'unknown', 500);
        note('', known.status, known.code);
        if (!response.destroyed && !response.headersSent) send(response, known.status, failure(known, randomUUID()));
      });
    },
    dump: () => {
      state.settle();
      return dumpState(state, calls);
    },
    faults: (input) => applyFaults(state, input),
    onChange: state.onChange,
    close: async () => state.save(),
  };
}

/** A dry run is asked about permissions only, so faults leave it alone. */
function takeInjection({ world }: State, action: string, form: Form): Injection | undefined {
  if (form.flag('DryRun') === true) return undefined;
  const found = world.injections.find((one) => one.action === action || one.action === '*');
  if (found === undefined) return undefined;
  found.times--;
  if (found.times <= 0) world.injections = world.injections.filter((one) => one !== found);
  return found;
}

async function disturb(of: Injection, response: ServerResponse): Promise<void> {
  if (of.hangMs > 0) await sleep(of.hangMs, undefined, { ref: false });
  if (of.dropSocket) {
    response.destroy();
    return;
  }
  if (of.code !== '') throw new Ec2Error(of.code, of.message, of.status);
}

/** As AWS words it, the encoded tail included. */
function denied(action: string): Ec2Error {
  const tail = Buffer.from(randomUUID().repeat(20)).toString('base64url');
  return new Ec2Error(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User: arn:aws:sts::${account}:assumed-role/deckhand/sandbox is not authorized to perform: ec2:${action} because no identity-based policy allows the ec2:${action} action. Encoded authorization failure message: ${tail}`,
    403,
  );
}
