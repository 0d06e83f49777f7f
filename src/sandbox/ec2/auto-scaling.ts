import type { Instance } from './model.ts';
import { terminate } from './power.ts';
import type { World } from './world.ts';

export const groupTag = 'aws:autoscaling:groupName';

/** What its group says of a member; undefined = nothing, so that only a stop gets it replaced. */
export type MemberVerdict = (instanceId: string, group: string) => 'keep' | 'replace' | undefined;

/**
 * A group terminates a member that has stopped, or that was declared unhealthy, and starts another one in its place, with
 * empty disks. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/how-ec2-instance-stop-start-works.html
 */
export function replaceMembers(world: World, verdictOf: MemberVerdict): void {
  const isDue = ({ id, tags, power }: Instance): boolean => {
    const group = tags.get(groupTag);
    if (group === undefined || power.to === 'terminated') return false;
    const verdict = verdictOf(id, group);
    if (verdict !== undefined) return verdict === 'replace';
    return power.to === 'stopped' && world.now() >= power.doneAt + world.pace.replaceMember;
  };
  for (const member of world.tables.instance.all().filter(isDue)) {
    launchInPlaceOf(world, member);
    terminate(world, member);
  }
}

function launchInPlaceOf(world: World, member: Instance): void {
  const now = world.now();
  const id = world.newId('instance');
  const doneAt = now + world.pace.start;
  world.tables.instance.put({
    ...member,
    id,
    bornAt: now,
    launchedAt: now,
    reservationId: world.newId('reservation'),
    power: { to: 'running', since: now, doneAt },
    initializedAt: doneAt + world.pace.initialize,
    impaired: {},
    events: [],
    formerRoots: [],
  });
  for (const { volume, attachment } of world.attachedTo(member)) {
    if (volume.multiAttach) continue;
    const { lastSnapshotAt: _of, leaving: _too, initialization: _its, trouble: _own, ...looks } = volume;
    world.tables.volume.put({
      ...looks,
      id: world.newId('volume'),
      bornAt: now,
      readyAt: now,
      snapshotId: '',
      attachments: [{ ...attachment, instanceId: id, since: now, readyAt: now, mounted: true }],
    });
  }
}
