import type { Asking } from '#operations/contract.ts';
import type { CloudAction, DryRunOf } from '#ports/cloud.ts';

import type { PutBack, Restore } from './arguments.ts';
import { estimate } from './estimate.ts';
import { readDrafts, readPutBack } from './facts.ts';
import { allowedFailures, checked, type Draft, type RestorePlan, settleServers } from './plan.ts';
import { readPreflight } from './preflight-read.ts';
import { preflight } from './preflight.ts';
import type { ServerPlan } from './server-plan.ts';
import { predict, type SeenSwap } from './terraform.ts';

/** What an exchange of volumes and its undo call. */
export const swapActions: readonly CloudAction[] = [
  'CreateVolume',
  'DeleteVolume',
  'AttachVolume',
  'DetachVolume',
  'StopInstances',
  'StartInstances',
  'ModifyInstanceAttribute',
  'CreateTags',
];

/** The plan of a restore. Throws Refusal with all that stands against it. */
export async function planRestore(asking: Asking, args: Restore): Promise<RestorePlan> {
  const bounds = asking.settings.restore;
  const filling = args.rate === undefined ? undefined : { rate: args.rate, quota: bounds.fillingQuota };
  const drafts = await readDrafts(asking, args);
  return planOf(asking, {
    drafts,
    lost: [],
    filling,
    putsBack: false,
    failures: args.failures ?? bounds.failures,
    atOnce: args.atOnce ?? bounds.atOnce,
  });
}

/** The plan that puts the old volumes back. Throws as `planRestore`. */
export async function planUndo(asking: Asking, args: PutBack): Promise<RestorePlan> {
  const { atOnce, failures } = asking.settings.restore;
  const found = await readPutBack(asking, args);
  return planOf(asking, { ...found, filling: undefined, putsBack: true, failures, atOnce });
}

type Of = {
  drafts: readonly Draft[];
  lost: RestorePlan['left'];
  filling: { rate: number; quota: number } | undefined;
  putsBack: boolean;
  failures: string;
  atOnce: number;
};

/** Looks ahead at what could go wrong, and leaves out or refuses what would. */
async function planOf(asking: Asking, of: Of): Promise<RestorePlan> {
  const { drafts, filling, atOnce } = of;
  const plans = drafts.flatMap(({ plan }) => plan ?? []);
  const [facts, states] = await Promise.all([
    readPreflight(asking, {
      servers: drafts.map(checked),
      snapshots: drafts.flatMap(({ snapshots }) => snapshots),
      filling,
      actions: actionsOf(plans),
      probe: dryRunOf(plans),
    }),
    asking.terraform.states(),
  ]);
  const { servers, left, findings } = settleServers(drafts, preflight(facts), of.lost);
  const terraform = predict(servers.flatMap(seenBy), states);
  return {
    servers,
    left,
    putsBack: of.putsBack,
    failures: allowedFailures(of.failures, servers.length),
    atOnce,
    ...(filling === undefined ? {} : { filling }),
    findings,
    ...(terraform === undefined ? {} : { terraform }),
    estimate: estimate({
      servers,
      atOnce,
      ...(filling === undefined ? {} : { filling }),
      serverMs: asking.settings.restore.serverMs,
      pace: asking.cloud.pace,
    }),
  };
}

function seenBy({ instance, rootDevice, swaps }: ServerPlan): readonly SeenSwap[] {
  return swaps.map(({ device, out, put }) => ({
    server: instance.id,
    device,
    root: device === rootDevice,
    out,
    ...(put.kind === 'create'
      ? { snapshotId: put.snapshotId, encrypted: put.volume.encrypted }
      : { back: put.volumeId }),
  }));
}

/** The undo of a root task is a swap too, so its permissions are asked for as well. */
function actionsOf(servers: readonly ServerPlan[]): readonly CloudAction[] {
  return servers.some(({ method }) => method === 'root-task')
    ? [...swapActions, 'CreateReplaceRootVolumeTask']
    : swapActions;
}

function dryRunOf([first]: readonly ServerPlan[]): DryRunOf | undefined {
  if (first === undefined) return undefined;
  const { device, out, put } = first.swaps[0]!;
  return {
    instanceId: first.instance.id,
    volumeId: out,
    zone: first.instance.zone,
    device,
    ...(put.kind === 'create' ? { snapshotId: put.snapshotId } : {}),
  };
}
