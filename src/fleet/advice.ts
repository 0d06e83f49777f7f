import type { Line } from '#ports/text.ts';

import { rootOf, type Trouble } from './diagnosis.ts';

/** The likely cause and the next move. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/TroubleshootingInstances.html */
export function advice(trouble: Trouble): readonly Line[] {
  if (trouble.kind === 'stopped') {
    return trouble.by === 'system'
      ? ['Its operating system shut down by itself. Look at who or what did it, then start it.']
      : ['AWS stopped it, mostly for maintenance or a broken host; a start puts it on another host.'];
  }
  switch (rootOf(trouble.checks)) {
    case 'instance':
      return [
        'The operating system does not answer, while the host is fine: a crash, a full disk, no memory, a wrong network or disk setting. AWS never recovers this by itself.',
        'If a reboot does not help, read its console with `/deck console` and restore its disks from the last good snapshot.',
      ];
    case 'ebs':
      return [
        'The server cannot reach one of its disks.',
        'A stop and a start move it to another host. If one disk itself is broken, restore it from its last good snapshot.',
      ];
    case 'system':
      return [
        'The host, its network or its power is broken, not the server. AWS often recovers this by itself within minutes.',
        'If it does not, another host does; data on instance store would be lost.',
      ];
  }
}

/** What to do about an event that AWS plans. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/schedevents_actions_reboot.html and the pages beside it */
export function eventAdvice(code: string): string {
  switch (code) {
    case 'instance-stop':
    case 'instance-retirement':
      return 'The host is failing or will be switched off. A stop and a start before the deadline moves the server: now by the button, or let AWS do it at a better time with `/deck event … --at`. Take a snapshot first; data on instance store is lost.';
    case 'system-reboot':
      return 'AWS will move the server to another host by a reboot. A reboot by you before that does the same on most types, and clears the event.';
    case 'instance-reboot':
      return 'AWS will work on the host and reboot the server. A reboot by you does not clear that. Choose a better time with `/deck event … --at`, or stop and start it, which moves it to another host.';
    case 'system-maintenance':
      return 'The network or power of the host is worked on. Wait, or stop and start the server before that, which moves it.';
    default:
      return 'See the event in the EC2 console for what AWS advises.';
  }
}
