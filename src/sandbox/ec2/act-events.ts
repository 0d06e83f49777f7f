import type { Action } from './call.ts';
import { flag, required } from './form.ts';
import type { Instance } from './model.ts';
import { invalid, Problem } from './problems.ts';
import { checkState, instanceState } from './states.ts';
import { findOne, type World } from './world.ts';
import { iso } from './xml.ts';

/** The least notice of a new time. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/reschedule-event.html */
const leastNoticeMs = 60 * 60_000;

export const modifyInstanceEventStartTime: Action = {
  takes: ['InstanceId', 'InstanceEventId', 'NotBefore', 'DryRun'],
  run: ({ world, form }) => {
    const instance = findOne(world, 'instance', required(form, 'InstanceId'));
    const id = required(form, 'InstanceEventId');
    const notBefore = Date.parse(required(form, 'NotBefore'));
    if (Number.isNaN(notBefore)) throw invalid(`Invalid value '${form.get('NotBefore') ?? ''}' for NotBefore.`);
    const event = instance.events.find((one) => one.id === id);
    if (event === undefined || event.description.startsWith('[Completed]'))
      throw new Problem('InvalidInstanceEventIDNotFound', `The event '${id}' does not exist for '${instance.id}'`);
    if (notBefore > event.deadline)
      throw new Problem('InvalidInstanceEventStartTime', `The new time is after the deadline ${iso(event.deadline)}.`);
    if (notBefore < world.now() + leastNoticeMs)
      throw new Problem('InvalidInstanceEventStartTime', 'The new time must be at least 60 minutes from now.');
    const moved = { ...event, notBefore, notAfter: notBefore + (event.notAfter - event.notBefore) };
    world.tables.instance.put({ ...instance, events: instance.events.map((one) => (one === event ? moved : one)) });
    return {
      event: {
        instanceEventId: moved.id,
        code: moved.code,
        description: moved.description,
        notBefore: iso(moved.notBefore),
        notAfter: iso(moved.notAfter),
        notBeforeDeadline: iso(moved.deadline),
      },
    };
  },
};

/** Types that only tell what they kept after the last start. */
const withoutLatest = /^(?:[mcr][1-4]|t[12])\./;

export const getConsoleOutput: Action = {
  takes: ['InstanceId', 'Latest', 'DryRun'],
  run: ({ world, form }) => {
    const instance = findOne(world, 'instance', required(form, 'InstanceId'));
    if (flag(form, 'Latest') && withoutLatest.test(instance.type))
      throw new Problem(
        'UnsupportedOperation',
        'This instance type does not support retrieving the latest console logs.',
      );
    return {
      instanceId: instance.id,
      timestamp: iso(world.now()),
      output: Buffer.from(consoleText(world, instance)).toString('base64'),
    };
  },
};

/** What a machine like this would have written since it was started. */
function consoleText(world: World, instance: Instance): string {
  const state = instanceState(instance, world.now());
  const name = instance.tags.get('Name') ?? instance.id;
  const lines = [
    `[    0.000000] Linux version 6.12.0-aws (${instance.type}) starting at ${iso(instance.launchedAt)}`,
    '[    0.412210] Command line: console=ttyS0 root=/dev/xvda1 ro',
    ...world
      .attachedTo(instance)
      .map(
        ({ attachment, volume }, at) =>
          `[    ${at + 1}.200000] ${attachment.device}: ${volume.sizeGiB} GiB, ${volume.id}`,
      ),
  ];
  const failing = checkState(instance, 'instance', world.now()) === 'impaired';
  const end = failing
    ? [
        '[    4.880021] EXT4-fs error (device xvda1): ext4_find_entry: reading directory lblock 0',
        '[    5.001337] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(202,1)',
      ]
    : [`[    6.021400] systemd[1]: Reached target multi-user.target.`, `${name} login: `];
  const down = state === 'stopped' ? ['[  999.000000] reboot: Power down'] : [];
  return [...lines, ...end, ...down].join('\n');
}
