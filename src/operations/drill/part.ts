import { Refusal } from '#errors.ts';
import type { DrillOutcome } from '#lib/drills.ts';
import { mustSucceed, runScript } from '#lib/scripts.ts';
import { drillTag, requesterTag, runTag, volumeTag } from '#lib/tags.ts';
import type { Story, UndoTools } from '#operations/story-contract.ts';
import type { Cloud, Volume, VolumeHealth } from '#ports/cloud.ts';
import type { InstanceId, VolumeId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';

import type { DrillPlan, Target, Trial } from './plan.ts';
import { lookScript } from './script.ts';

/** What one part of the run is given. */
export type DrillPart = Pick<DrillPlan, 'target' | 'check' | 'rate'> & { trial: Trial };

const lookSec = 600;

/** One disk: made from the snapshot beside the fleet, looked at, and deleted, always. */
export async function drillOne(story: Story, plan: Json): Promise<Json> {
  const of = plan as unknown as DrillPart; // written by drill
  const { trial, target } = of;
  const mark = `${story.order.id}.drill.${trial.volume}`;
  const remove = (tools: UndoTools) => removeDisk(story, mark, { target, tools });
  story.undo(
    `delete the disk of the drill of ${trial.volume}`,
    remove,
    `aws ec2 describe-volumes --filters Name=tag:${volumeTag},Values=${mark}   # then detach-volume and delete-volume`,
  );
  const began = await story.now();
  story.stage(0);
  const disk = await make(story, of, mark);
  story.stage(1);
  if (target === undefined) await seeHealthy(story, disk, of.rate !== undefined);
  else await lookAt(story, { disk, target, check: of.check, mark });
  const ms = (await story.now()) - began;
  story.stage(2);
  await takeAway(story, { disk, target });
  return { volume: trial.volume, name: trial.name, ms, bytes: trial.bytes } satisfies DrillOutcome;
}

async function make(story: Story, { trial, rate }: DrillPart, mark: string): Promise<VolumeId> {
  const { id } = await story.step('make the disk', async () => {
    const volume = await story.cloud.createVolume({
      zone: trial.zone,
      type: 'gp3',
      sizeGiB: trial.sizeGiB,
      encrypted: trial.encrypted,
      ...(trial.kmsKeyId === undefined ? {} : { kmsKeyId: trial.kmsKeyId }),
      snapshotId: trial.snapshot,
      // None of the original's own tags: no selector of the fleet may mean it.
      tags: {
        Name: `drill of ${trial.volume}`,
        [runTag]: story.order.id,
        [volumeTag]: mark,
        [drillTag]: trial.volume,
        [requesterTag]: story.order.requester,
      },
      token: mark,
      ...(rate === undefined ? {} : { initializationRate: rate }),
    });
    return { id: volume.id };
  });
  const { state } = await story.poll('disk', {
    look: async () => {
      const [volume] = await story.cloud.volumes({ tags: { [volumeTag]: mark } });
      return volume === undefined || volume.state === 'creating' ? undefined : { state: volume.state };
    },
    withinMs: story.limits.wait.volumeMs,
    what: `Making a disk from ${trial.snapshot}`,
  });
  if (state !== 'available')
    throw new Refusal(
      'conflict',
      `The disk from ${trial.snapshot} is ${state}: AWS could not make it. Mostly its KMS key cannot be used; see the snapshot in the AWS console.`,
    );
  return id;
}

/** Without a server to look from: AWS must find the disk fine, and have brought every block when it was asked to. */
async function seeHealthy(story: Story, disk: VolumeId, whole: boolean): Promise<void> {
  const { status } = await story.poll('health of the disk', {
    look: async () => {
      const [health] = await story.cloud.volumeHealth([disk]);
      return health === undefined || isOpen(health, whole) ? undefined : { status: health.status };
    },
    withinMs: whole ? story.limits.wait.snapshotMs : story.limits.wait.checksMs,
    what: `A word of AWS on how the disk ${disk} is`,
  });
  if (status !== 'ok')
    throw new Refusal('conflict', `AWS finds the restored disk ${status}. Look at the snapshot before you rely on it.`);
}

/** `warning` is usual while blocks are still coming. */
function isOpen({ status, initialization }: VolumeHealth, whole: boolean): boolean {
  if (status === 'insufficient-data') return true;
  const coming = initialization !== undefined && initialization.progress < 100;
  return coming && (whole || status === 'warning');
}

type Look = { disk: VolumeId; target: Target; check: readonly string[]; mark: string };

async function lookAt(story: Story, { disk, target, check, mark }: Look): Promise<void> {
  await story.step('attach it', () =>
    story.cloud.attachVolume({ volumeId: disk, instanceId: target.id, device: target.device }),
  );
  await story.poll('attached', {
    look: async () => (stateAt(await one(story.cloud, disk), target.id) === 'attached' ? true : undefined),
    withinMs: story.limits.wait.volumeMs,
    what: `Attaching ${disk} to ${target.name}`,
  });
  const result = await runScript(story, 'the look at the data', {
    instanceId: target.id,
    document: 'AWS-RunShellScript',
    lines: lookScript(disk, target.device, check),
    timeoutSec: lookSec,
    mark,
  });
  mustSucceed('Looking at the data of the restored disk', result);
}

async function takeAway(story: Story, { disk, target }: { disk: VolumeId; target: Target | undefined }): Promise<void> {
  if (target !== undefined) {
    await story.step('detach it', () => story.cloud.detachVolume({ volumeId: disk, instanceId: target.id }));
    await story.poll('detached', {
      look: async () => ((await one(story.cloud, disk))?.state === 'available' ? true : undefined),
      withinMs: story.limits.wait.volumeMs,
      what: `Detaching ${disk} from ${target.name}`,
    });
  }
  await story.step('delete it', () => story.cloud.deleteVolume(disk));
}

/** Whatever there is of it; what was just made may take a while to show. */
async function removeDisk(
  { cloud, limits }: Story,
  mark: string,
  { target, tools }: { target: Target | undefined; tools: UndoTools },
): Promise<void> {
  const look = async () => (await cloud.volumes({ tags: { [volumeTag]: mark } }))[0];
  const disk = await tools.seek(look);
  if (disk === undefined) return;
  if (target !== undefined && disk.attachments.length > 0) {
    await cloud.detachVolume({ volumeId: disk.id, instanceId: target.id });
    await tools.until(async () => (await look())?.state !== 'in-use', limits.wait.volumeMs, `Detaching ${disk.id}`);
  }
  await tools.until(async () => (await look())?.state !== 'creating', limits.wait.volumeMs, `Making ${disk.id}`);
  await cloud.deleteVolume(disk.id);
}

async function one(cloud: Cloud, id: VolumeId): Promise<Volume | undefined> {
  return (await cloud.volumes({ ids: [id] }))[0];
}

function stateAt(volume: Volume | undefined, instance: InstanceId): string | undefined {
  return volume?.attachments.find(({ instanceId }) => instanceId === instance)?.state;
}
