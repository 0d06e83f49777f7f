import type { Attachment, Instance, Power, ScheduledEvent, Volume } from './model.ts';
import { attachmentState, instanceState, runs } from './states.ts';
import type { World } from './world.ts';

/** What starting, stopping, rebooting and terminating do to the world; who may ask for it is decided elsewhere. */

/** A fresh start on another host: all checks are well again, and what was planned for the old host is over. */
export function start(world: World, instance: Instance): void {
  const now = world.now();
  if (instance.power.to === 'running') return;
  const doneAt = now + world.pace.start;
  world.tables.instance.put({
    ...instance,
    launchedAt: now,
    power: { to: 'running', since: now, doneAt },
    initializedAt: doneAt + world.pace.initialize,
    impaired: {},
    events: completed(instance.events),
    ...(instance.publicIp === undefined ? {} : { publicIp: addressAfterStart(world, instance.publicIp) }),
  });
  // What is attached at boot is mounted.
  changeAttachments(world, instance, (attachment) => ({ ...attachment, mounted: true }));
}

export const userInitiated = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
/** The machine shut itself down. */
export const instanceInitiated = {
  code: 'Client.InstanceInitiatedShutdown',
  message: 'Client.InstanceInitiatedShutdown: Instance initiated shutdown',
};

export function stop(world: World, instance: Instance, reason: NonNullable<Power['reason']>): void {
  const now = world.now();
  if (instance.power.to === 'stopped') return;
  const doneAt = now + world.pace.stop;
  world.tables.instance.put({ ...instance, power: { to: 'stopped', since: now, doneAt, reason } });
  // What was busy because it was mounted can leave then.
  changeAttachments(world, instance, (attachment) => ({
    ...attachment,
    mounted: false,
    ...(attachment.leaving?.goneAt === null
      ? { leaving: { since: attachment.leaving.since, goneAt: doneAt + world.pace.detach } }
      : {}),
  }));
}

/** What AWS does by itself when a host fails: as after a stop and a start, with the same addresses. */
export function recoverInstances(world: World): void {
  const due = world.tables.instance
    .all()
    .filter(({ recoversAt }) => recoversAt !== undefined && world.now() >= recoversAt);
  for (const { recoversAt: at = world.now(), ...instance } of due) {
    const { system, ...impaired } = instance.impaired;
    // Somebody else may have stopped or moved it in the meantime.
    const isHere = system !== undefined && runs(instance, world.now());
    world.tables.instance.put(isHere ? { ...instance, impaired, initializedAt: at + world.pace.initialize } : instance);
  }
}

/**
 * The same host: only the operating system starts anew. Where the host is to be rebooted, AWS moves the server.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/schedevents_actions_reboot.html
 */
export function reboot(world: World, instance: Instance, at = world.now()): void {
  const { instance: _cured, ...impaired } = instance.impaired;
  world.tables.instance.put({
    ...instance,
    impaired,
    initializedAt: at + world.pace.initialize,
    events: completed(instance.events, ['system-reboot']),
  });
}

/** Volumes go with it or stay, as their attachments say. */
export function terminate(world: World, instance: Instance): void {
  if (instance.power.to === 'terminated') return;
  const now = world.now();
  const doneAt = instanceState(instance, now) === 'stopped' ? now : now + world.pace.stop;
  world.tables.instance.put({ ...instance, power: { to: 'terminated', since: now, doneAt, reason: userInitiated } });
  for (const { volume, attachment } of world.attachedTo(instance)) {
    const others = volume.attachments.some((one) => one !== attachment && attachmentState(one, now) !== undefined);
    world.tables.volume.put({
      ...withAttachment(volume, attachment, { ...attachment, leaving: { since: doneAt, goneAt: doneAt } }),
      ...(attachment.deleteOnTermination && !others
        ? { leaving: { since: doneAt, goneAt: doneAt + world.pace.deleteVolume } }
        : {}),
    });
  }
}

/** Marks those events as done; AWS leaves them in the list for a week. */
function completed(events: readonly ScheduledEvent[], codes?: readonly string[]): readonly ScheduledEvent[] {
  return events.map((event) =>
    codes?.includes(event.code) !== false && !event.description.startsWith('[Completed]')
      ? { ...event, description: `[Completed] ${event.description}` }
      : event,
  );
}

function changeAttachments(world: World, instance: Instance, change: (attachment: Attachment) => Attachment): void {
  for (const { volume, attachment } of world.attachedTo(instance))
    world.tables.volume.put(withAttachment(volume, attachment, change(attachment)));
}

export function withAttachment(volume: Volume, old: Attachment, next: Attachment): Volume {
  return { ...volume, attachments: volume.attachments.map((one) => (one === old ? next : one)) };
}

function addressAfterStart(world: World, publicIp: NonNullable<Instance['publicIp']>): typeof publicIp {
  if (publicIp.elastic) return publicIp;
  const made = Number.parseInt(world.newId('reservation').slice(-4), 16);
  return { ...publicIp, address: `198.51.${100 + (made >> 12)}.${made & 255}` };
}
