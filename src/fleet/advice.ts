import { duration, utc } from '#lib/format.ts';
import type { Instance, ScheduledEvent } from '#ports/cloud.ts';
import type { Line } from '#ports/text.ts';

import { recoveryGraceMs } from './cases.ts';
import type { Cure, Decision, RowId } from './decisions.ts';
import { rootOf, type Trouble } from './diagnosis.ts';

/** The likely cause. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/TroubleshootingInstances.html */
export function causeOf(trouble: Trouble): string {
  if (trouble.kind === 'stopped')
    return trouble.by === 'system'
      ? 'Its own operating system shut it down: somebody or something on it did.'
      : 'AWS stopped it, mostly for maintenance or a broken host.';
  switch (rootOf(trouble.checks)) {
    case 'instance':
      return 'The operating system does not answer, while the host is fine: a crash, a full disk, no memory, a wrong network or disk setting.';
    case 'ebs':
      return 'The server cannot reach one of its disks.';
    case 'system':
      return 'The host, its network or its power is broken, not the server.';
  }
}

const steps: Readonly<Record<Exclude<Cure, 'snapshot'>, string>> = {
  start: 'start it',
  reboot: 'reboot it',
  migrate: 'move it to another host (a stop and a start)',
  replace: 'let its group replace it',
  standby: 'take it out of service',
  event: 'do now what AWS plans',
  restore: 'restore its disks from the last good snapshot',
};

/** What to do, the best first, as the buttons have it. Pure. */
export function nextSteps(
  { row, cures }: Decision,
  {
    trouble,
    instance,
    flags,
    since,
  }: { trouble: Trouble; instance: Pick<Instance, 'id' | 'autoScalingGroup'>; flags: string; since: number },
): readonly Line[] {
  const [first, ...others] = cures.filter((cure) => cure !== 'snapshot').map((cure) => steps[cure]);
  const lines: Line[] = [];
  if (row === 'system-recovering')
    lines.push(
      `Wait: AWS often moves it by itself. Still like this after ${duration(recoveryGraceMs)}, a button to move it comes here.`,
    );
  else if (row === 'stopped-in-group')
    lines.push(
      `Nothing to it: its Auto Scaling group ${instance.autoScalingGroup ?? ''} replaces it. Look at why it stopped.`,
    );
  else if (row === 'system-moved')
    lines.push(
      'Put a new server in its place from a snapshot, or ask AWS Support: the move did not help. Moving it once more may find a better host.',
    );
  else if (row === 'ebs-restored') lines.push('Move it to another host, or ask AWS Support: new disks did not help.');
  else if (row === 'instance-restored')
    lines.push([
      'Restore disks from before it began, since the last ones did not help: ',
      { code: `/restore ${instance.id}${flags} --from before ${utc(since).replace(' UTC', '')}` },
    ]);
  else if (first === undefined)
    lines.push('Put a new server in its place from a snapshot; no button can mend this one.');
  else lines.push(`${capital(first)}.${others.map((step) => ` If that does not help, ${step}.`).join('')}`);
  if (cures.includes('snapshot')) lines.push('Save its disks first: a snapshot does no harm.');
  if (trouble.kind === 'impaired' && rootOf(trouble.checks) === 'instance')
    lines.push(['Its console says more: ', { code: `/deck console ${instance.id}${flags}` }]);
  return lines;
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

const later = 'or choose another time for it';
const eventSteps: Partial<Record<RowId, string>> = {
  'event-in-group':
    'Let its group replace it before that begins. What is on its disks is lost with it: take a snapshot first.',
  'event-store':
    'Put a new server in its place before that begins, and copy what is on its instance store, which is lost then.',
  'event-move': `The host is failing or will be switched off. Move the server to another one before that begins (a stop and a start), ${later}. Take a snapshot first; data on instance store is lost.`,
  'event-reboot': `AWS will move the server to another host by a reboot. A reboot by you before that does the same on most types, and clears the event; ${later}.`,
  'event-in-place-in-group': `AWS will work on the host and reboot the server. Let its group replace it before that, ${later}.`,
  'event-in-place-kept': 'AWS will work on the host and reboot the server. Choose a time for it that suits.',
  'event-in-place': `AWS will work on the host and reboot the server. Move the server to another one before that (a stop and a start), ${later}.`,
};

/** What to do about what AWS plans, by the row that fits. Pure. */
export function eventAdvice({ row }: Pick<Decision, 'row'>, events: readonly Pick<ScheduledEvent, 'code'>[]): string {
  return (
    eventSteps[row] ??
    (events.some(({ code }) => code === 'system-maintenance')
      ? 'The network or power of the host is worked on. Wait, or move the server to another one before that (a stop and a start).'
      : 'See the event in the EC2 console for what AWS advises.')
  );
}
