import type { Bond } from './groups.ts';

/** What they have in common is the first thing to look at. */
export function because({ by, what }: Bond): { cause: string; step: string } {
  switch (by) {
    case 'event':
      return { cause: `AWS plans the same for all of them: ${what}.`, step: 'Look at the event in the EC2 console.' };
    case 'host':
      return {
        cause: 'They run on one dedicated host, which may be broken.',
        step: 'Look at that host first; what can leave it goes to another one.',
      };
    case 'placement group':
      return {
        cause: 'They are close together by their placement group: a rack, its network or its power may be broken.',
        step: 'Look at the AWS Health Dashboard, and let servers elsewhere take over.',
      };
    case 'Auto Scaling group':
      return {
        cause: 'They are one Auto Scaling group: the newest deploy, its image, or what they all depend on.',
        step: 'Look at what was changed last. The group replaces servers that fail its checks, with the same fault if that is the cause.',
      };
    case 'zone':
      return {
        cause:
          'They are in one Availability Zone and failed together: the zone itself, or what they all depend on in it.',
        step: 'Look at the AWS Health Dashboard, and let the other zones take over before any server is mended by itself.',
      };
    case 'Region':
      return {
        cause:
          'They are in several Availability Zones of one Region and failed together: the Region, one of its services, or what they all depend on, such as a network, DNS or a deploy.',
        step: 'Look at the AWS Health Dashboard and at what was changed last; let another Region take over before any server is mended by itself.',
      };
  }
}
