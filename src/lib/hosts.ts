import type { Cloud, Instance } from '#ports/cloud.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Settings } from '#ports/settings.ts';

import { count, label } from './format.ts';
import { refuseThose } from './servers.ts';

/** What this needs of a story. */
type Moving = {
  cloud: Pick<Cloud, 'instances' | 'startInstances' | 'stopInstances'>;
  limits: Pick<Settings['limits'], 'wait'>;
  step: (name: string, act: () => Promise<void>) => Promise<void>;
  poll: (name: string, of: { look: () => Promise<true | undefined>; withinMs: number; what: string }) => Promise<true>;
  undo: (
    name: string,
    act: (tools: {
      until: (look: () => Promise<boolean>, withinMs: number, what: string) => Promise<void>;
    }) => Promise<void>,
    manual: string,
  ) => void;
};

/**
 * Throws Refusal for servers that must not be stopped: a group replaces a member that stops, with empty disks; an instance
 * store cannot stop.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html
 */
export async function mustBeStoppable(
  cloud: Pick<Cloud, 'stopProtection'>,
  servers: readonly Instance[],
): Promise<void> {
  refuseThose(servers, ({ autoScalingGroup }) => autoScalingGroup !== undefined, {
    code: 'unsuitable',
    what: (one) => `${label(one)} is a member of the Auto Scaling group ${one.autoScalingGroup}`,
    next: 'A group replaces a member that stops, and its disks are gone. Let the group do it: `/deck replace`.',
  });
  refuseThose(servers, ({ instanceStore }) => instanceStore, {
    code: 'unsuitable',
    what: (one) => `The root disk of ${label(one)} is an instance store`,
    next: 'It cannot be stopped, only terminated. Launch another server in its place.',
  });
  refuseThose(servers, ({ managedBy }) => managedBy !== undefined, {
    code: 'unsuitable',
    what: (one) => `${label(one)} is managed by ${one.managedBy}`,
    next: 'Do it in that service.',
  });
  const answers = await Promise.all(servers.map(async (one) => [one.id, await cloud.stopProtection(one.id)] as const));
  const kept = new Set(answers.filter(([, on]) => on).map(([id]) => id));
  refuseThose(servers, ({ id }) => kept.has(id), {
    code: 'unsuitable',
    what: (one) => `${label(one)} is protected from being stopped`,
    next: 'Switch its stop protection off in the EC2 console, then ask again.',
  });
}

/** Stop and start, which moves EBS-backed servers to other hosts. If it fails in between, they are started again. */
export async function stopAndStart(story: Moving, ids: readonly InstanceId[]): Promise<void> {
  const { cloud, limits } = story;
  const inState = async (state: string) => (await cloud.instances({ ids })).every((one) => one.state === state);
  const wait = (state: string, withinMs: number) =>
    story.poll(state, {
      look: async () => ((await inState(state)) ? true : undefined),
      withinMs,
      what: `${ids.length === 1 ? ids[0] : count(ids.length, 'server')} becoming ${state}`,
    });
  story.undo(
    'start again',
    async ({ until }) => {
      const noneIs = async (state: string) => (await cloud.instances({ ids })).every((one) => one.state !== state);
      await until(() => noneIs('stopping'), limits.wait.stopMs, `${ids.join(', ')} leaving the state stopping`);
      await cloud.startInstances(ids);
      await until(() => inState('running'), limits.wait.startMs, `${ids.join(', ')} becoming running`);
    },
    `aws ec2 start-instances --instance-ids ${ids.join(' ')}`,
  );
  await story.step('stop', () => cloud.stopInstances(ids));
  await wait('stopped', limits.wait.stopMs);
  await story.step('start', () => cloud.startInstances(ids));
  await wait('running', limits.wait.startMs);
}

/** What a stop and a start costs, for a plan that people read. */
export function moveRisks(servers: readonly MovedServer[]): readonly string[] {
  const name = (some: readonly MovedServer[]) => (some.length === 1 ? label(some[0]!) : count(some.length, 'server'));
  const addresses = servers.filter(({ newAddress }) => newAddress);
  const grouped = servers.filter(({ placementGroup }) => placementGroup);
  return [
    'A stop and a start, not a reboot: it moves to another host. What is in memory and on instance-store disks is lost; EBS disks and private addresses stay.',
    'If AWS has no capacity for the type in the zone at that moment, it stays stopped until there is some.',
    ...(grouped.length === 0
      ? []
      : [`${name(grouped)} in a placement group: there that happens more often than elsewhere.`]),
    ...(addresses.length === 0
      ? []
      : [`${name(addresses)}: the public IP address changes, as it is no Elastic IP. Update what points to it.`]),
  ];
}

export type MovedServer = { id: string; name: string; newAddress: boolean; placementGroup: boolean };
export function asMoved(one: Instance): { newAddress: boolean; placementGroup: boolean } {
  return { newAddress: one.publicIpChangesOnStop, placementGroup: one.placementGroup !== undefined };
}
