import { isRefusal, isTransient, Refusal } from '#errors.ts';
import { settle } from '#lib/settle.ts';
import { holdTag, requesterTag, runTag, terraformTag } from '#lib/tags.ts';
import { orNothing } from '#lib/targets.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Cloud } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';

import { filled, isFree, one, usableSources } from './look.ts';
import { provide } from './provide.ts';
import { replaceRoot } from './root-story.ts';
import type { Placed, ServerPart, ServerResult } from './server-part.ts';
import { differences, type ServerPlan } from './server-plan.ts';
import { stageOf } from './stages.ts';
import { attach, free, startAgain, stopAgain } from './undo.ts';

/** look again → new volumes → in their places → verify → keep the old for undo. Ends done, or as it was before. */
export async function restoreServer(story: Story, part: ServerPart): Promise<ServerResult> {
  const { server } = part;
  await story.step('look again', () => mustStillBeTrue(story.cloud, server));
  const placed = server.method === 'root-task' ? await replaceRoot(story, part) : await exchange(story, part);
  const checks = server.wasRunning ? await verify(story, server.instance.id) : 'not-checked';
  if (part.rate !== undefined) await waitUntilFilled(story, placed);
  story.stage(stageOf('keep'));
  const { heldUntil, untagged } = await keepOld(story, placed, part);
  return {
    swaps: placed.map((swap) => ({
      device: swap.device,
      old: swap.out,
      new: swap.in,
      deleteOnTermination: swap.deleteOnTermination,
    })),
    heldUntil,
    untagged,
    checks,
  };
}

/** In a long run the turn of a server comes late: what was approved must still be what is there. */
async function mustStillBeTrue(cloud: Cloud, server: ServerPlan): Promise<void> {
  const [instance] = await orNothing(cloud.instances({ ids: [server.instance.id] }));
  const differs = differences(server, instance, await usableSources(cloud, [server]));
  if (differs.length > 0)
    throw new Refusal('changed', `${differs.join(' ')} Nothing was done here; ask again to see the new plan.`);
}

/** create → stop → detach old → attach new → start. */
async function exchange(story: Story, part: ServerPart): Promise<readonly Placed[]> {
  const { server } = part;
  story.stage(stageOf('create'));
  const placed = await provide(story, part);
  await story.mayGoOn();
  if (server.wasRunning) {
    story.stage(stageOf('stop'));
    await stop(story, server.instance.id);
  }
  story.stage(stageOf('swap'));
  await detachOld(story, server, placed);
  await attachNew(story, server, placed);
  if (server.wasRunning) {
    story.stage(stageOf('start'));
    await start(story, server.instance.id);
  }
  return placed;
}

async function stop(story: Story, id: InstanceId): Promise<void> {
  story.undo(
    'start the server',
    ({ until }) => startAgain(story.cloud, id, story.limits.wait, until),
    `aws ec2 start-instances --instance-ids ${id}`,
  );
  await story.step('stop', () => story.cloud.stopInstances([id]));
  await waitForState(story, id, 'stopped', story.limits.wait.stopMs);
}

/** Undone before anything else: disks are not taken from a running server. */
async function start(story: Story, id: InstanceId): Promise<void> {
  const { stopMs } = story.limits.wait;
  story.undo(
    'stop the server',
    ({ until }) => stopAgain(story.cloud, id, stopMs, until),
    `aws ec2 stop-instances --instance-ids ${id}`,
  );
  await story.step('start', () => story.cloud.startInstances([id]));
  await waitForState(story, id, 'running', story.limits.wait.startMs);
}

async function waitForState(story: Story, id: InstanceId, state: string, withinMs: number): Promise<void> {
  await story.poll(state, {
    look: async () => ((await one(story.cloud, id)).state === state ? true : undefined),
    withinMs,
    what: `${id} becoming ${state}`,
  });
}

async function detachOld(story: Story, server: ServerPlan, placed: readonly Placed[]): Promise<void> {
  const instanceId = server.instance.id;
  for (const swap of placed) {
    story.undo(
      `attach ${swap.out} again`,
      ({ until }) => attach(story.cloud, { ...swap, in: swap.out, instanceId }, story.limits.wait.volumeMs, until),
      `aws ec2 attach-volume --volume-id ${swap.out} --instance-id ${instanceId} --device ${swap.device}`,
    );
  }
  await settle(placed, (swap) =>
    story.step(`detach ${swap.out}`, () => story.cloud.detachVolume({ volumeId: swap.out, instanceId })),
  );
  await story.poll('old volumes free', {
    look: async () =>
      (await story.cloud.volumes({ ids: placed.map(({ out }) => out) })).every(isFree) ? true : undefined,
    withinMs: story.limits.wait.volumeMs,
    what: `Detaching ${placed.map(({ out }) => out).join(', ')} (a mounted file system can block it)`,
  });
}

async function attachNew(story: Story, server: ServerPlan, placed: readonly Placed[]): Promise<void> {
  const instanceId = server.instance.id;
  for (const swap of placed) {
    story.undo(
      `detach ${swap.in}`,
      ({ until }) => free(story.cloud, swap.in, instanceId, story.limits.wait.volumeMs, until),
      `aws ec2 detach-volume --volume-id ${swap.in} --instance-id ${instanceId}`,
    );
  }
  await settle(placed, (swap) =>
    story.step(`attach ${swap.in}`, () =>
      story.cloud.attachVolume({ volumeId: swap.in, instanceId, device: swap.device }),
    ),
  );
  await story.poll('new volumes attached', {
    look: async () =>
      (await one(story.cloud, instanceId)).mappings
        .filter(({ state }) => state === 'attached')
        .filter(({ volumeId }) => placed.some((swap) => swap.in === volumeId)).length === placed.length
        ? true
        : undefined,
    withinMs: story.limits.wait.volumeMs,
    what: `Attaching ${placed.map((swap) => swap.in).join(', ')}`,
  });
  await settle(placed, (swap) =>
    story.step(`delete-on-termination of ${swap.device}`, () =>
      story.cloud.setDeleteOnTermination({ instanceId, device: swap.device, value: swap.deleteOnTermination }),
    ),
  );
}

/** Never fails the part: a server that runs but whose checks are not fine is for people to judge, with undo at hand. */
async function verify(story: Story, id: InstanceId): Promise<string> {
  story.stage(stageOf('verify'));
  try {
    return await story.poll('checks', {
      look: () => settledChecks(story.cloud, id),
      withinMs: story.limits.wait.checksMs,
      what: 'Status checks',
    });
  } catch (error) {
    if (isRefusal(error) && error.code === 'conflict') return 'no answer in time';
    if (isRefusal(error) || isTransient(error)) return 'could not be read';
    throw error;
  }
}

async function settledChecks(cloud: Cloud, id: InstanceId): Promise<string | undefined> {
  const health = (await cloud.health([id]))[0];
  if (health === undefined) return undefined;
  const states = [health.system, health.instance, health.ebs].filter((state) => state !== 'not-applicable');
  if (states.includes('impaired')) return 'impaired';
  return states.length > 0 && states.every((state) => state === 'ok') ? 'ok' : undefined;
}

/** The Region's quota of filling is held until it is over. Slow filling is no reason to put anything back. */
async function waitUntilFilled(story: Story, placed: readonly Placed[]): Promise<void> {
  const ids = placed.filter(({ put }) => put.kind === 'create').map((swap) => swap.in);
  if (ids.length === 0) return;
  try {
    await story.poll('filled', {
      look: () => filled(story.cloud, ids),
      withinMs: story.limits.wait.snapshotMs,
      what: `Filling ${ids.join(', ')}`,
    });
  } catch (error) {
    if (!isRefusal(error) && !isTransient(error)) throw error;
  }
}

/** The restore is done by now; a tag that cannot be set is told, and undoes nothing. */
async function keepOld(
  story: Story,
  placed: readonly Placed[],
  { inTerraform }: ServerPart,
): Promise<{ heldUntil: number; untagged: VolumeId[] }> {
  const heldUntil = (await story.now()) + story.limits.holdMs;
  const tags = {
    [holdTag]: new Date(heldUntil).toISOString(),
    [runTag]: story.order.id,
    [requesterTag]: story.order.requester,
  };
  const untagged: VolumeId[] = [];
  for (const swap of placed) {
    try {
      const marked = inTerraform.includes(swap.out) ? { ...tags, [terraformTag]: 'managed' } : tags;
      await story.step(`keep ${swap.out}`, () => story.cloud.createTags([swap.out], marked));
    } catch (error) {
      if (!isRefusal(error) && !isTransient(error)) throw error;
      untagged.push(swap.out);
    }
  }
  return { heldUntil, untagged };
}
