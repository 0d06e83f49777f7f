import { count, label } from '#lib/format.ts';
import type { Instance } from '#ports/cloud.ts';

import type { Finding } from './finding.ts';
import type { CheckedServer, PreflightFacts } from './preflight-facts.ts';

type Of = Pick<PreflightFacts, 'members' | 'health' | 'limits' | 'zones' | 'stopProtected' | 'now'>;
type Check = (server: CheckedServer, of: Of) => Omit<Finding, 'about' | 'server'> | undefined;

/** An event of AWS this close would come between. */
const soonMs = 48 * 3_600_000;

/** What stands in the way of working on this server at all, or is lost by it. Pure. */
export function serverFindings(server: CheckedServer, of: Of): readonly Finding[] {
  const { id } = server.instance;
  const about = label(server.instance);
  return checks.flatMap((check) => {
    const found = check(server, of);
    return found === undefined ? [] : [{ ...found, about, ...(found.level === 'blocker' ? { server: id } : {}) }];
  });
}

/** It is stopped for the work: a running one whose root is not replaced in place. */
function stops({ instance, method }: CheckedServer): boolean {
  return instance.state === 'running' && method === 'swap';
}

const inGroup: Check = ({ instance }, { members }) => {
  const member = members?.find(({ instanceId }) => instanceId === instance.id);
  // Where the groups cannot be read, the tag that AWS puts on members has to do.
  const group = member?.group ?? instance.autoScalingGroup;
  if (group === undefined || member?.lifecycle === 'Standby') return undefined;
  const state = member === undefined ? '' : ` (${member.lifecycle})`;
  return {
    level: 'blocker',
    kind: 'auto-scaling',
    title: 'Member of an Auto Scaling group',
    text: `It belongs to the Auto Scaling group ${group}${state}: stopping it would make the group replace it.`,
    next: 'Put it into Standby first, or let the group replace the server.',
  };
};

const managed: Check = ({ instance }) =>
  instance.managedBy === undefined
    ? undefined
    : {
        level: 'blocker',
        kind: 'managed',
        title: 'Managed by an AWS service',
        text: `It is managed by ${instance.managedBy}, which would undo or break the change.`,
        next: 'Use that service to restore it.',
      };

const marketplace: Check = ({ instance }) =>
  instance.marketplace
    ? {
        level: 'blocker',
        kind: 'marketplace',
        title: 'Has a Marketplace product code',
        text: 'It has a Marketplace product code, which is lost when its volumes are detached.',
        next: 'Restore it by hand in the AWS console.',
      }
    : undefined;

const inBetween: Check = ({ instance }) =>
  instance.state === 'running' || instance.state === 'stopped'
    ? undefined
    : {
        level: 'blocker',
        kind: 'state',
        title: 'Neither running nor stopped',
        text: `It is ${instance.state}.`,
        next: 'Wait until it is running or stopped, then ask again.',
      };

const cannotStop: Check = (server) =>
  server.instance.instanceStore
    ? {
        level: 'blocker',
        kind: 'instance-store-root',
        title: 'Root on an instance store',
        text: 'Its root is an instance store, so it cannot be stopped without losing it.',
        next: 'Launch it anew from its image instead.',
      }
    : undefined;

const stopProtection: Check = (server, { stopProtected }) =>
  stops(server) && stopProtected.includes(server.instance.id)
    ? {
        level: 'blocker',
        kind: 'stop-protection',
        title: 'Protected against stopping',
        text: 'Its stop protection is on, so AWS refuses to stop it.',
        next: 'Switch stop protection off in the AWS console, then ask again.',
      }
    : undefined;

/**
 * One comes for each that leaves, so only a type that takes fewer than hang on it already is in the way. Where network
 * interfaces share the places, AWS's number leaves room for the first of them; the others are only warned of, since which
 * types count how is not told by the API. Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html
 */
const tooManyVolumes: Check = ({ instance: { type, mappings, interfaces = 1 } }, { limits }) => {
  const limit = Object.hasOwn(limits, type) ? limits[type] : undefined;
  if (limit === undefined) return undefined;
  const more = limit.shared ? Math.max(0, interfaces - 1) : 0;
  const isFull = mappings.length > limit.most;
  if (!isFull && mappings.length + more <= limit.most) return undefined;
  const besides = more > 0 ? ` and ${count(more, 'network interface')} besides the first` : '';
  return {
    level: isFull ? 'blocker' : 'warning',
    kind: 'attachment-limit',
    title: 'Too many volumes for the instance type',
    text: `It has ${count(mappings.length, 'volume')}${besides}; ${type} takes ${limit.most}${limit.shared ? ', network interfaces included' : ''}, so AWS ${isFull ? 'attaches none' : 'may refuse to attach'}.`,
    next: 'Detach one that is not needed, then ask again.',
  };
};

const zoneIll: Check = ({ instance }, { zones }) => {
  const zone = zones.find(({ name }) => name === instance.zone);
  if (zone === undefined || zone.state === 'available' || zone.state === 'information') return undefined;
  return {
    level: zone.state === 'unavailable' ? 'blocker' : 'warning',
    kind: 'zone',
    title: 'Availability Zone is not well',
    text: `AWS says that its Availability Zone ${instance.zone} is ${zone.state}.`,
    next: 'Look at the AWS Health Dashboard; a server that is stopped now may not start again there.',
  };
};

const eventSoon: Check = ({ instance }, { health, now }) => {
  const events = health.find(({ instanceId }) => instanceId === instance.id)?.events ?? [];
  const next = events
    .filter(({ completed, notBefore }) => !completed && (notBefore === undefined || notBefore - now < soonMs))
    .toSorted((a, b) => (a.notBefore ?? 0) - (b.notBefore ?? 0))[0];
  if (next === undefined) return undefined;
  const when =
    next.notBefore === undefined
      ? ''
      : ` from ${new Date(next.notBefore).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return {
    level: 'warning',
    kind: 'scheduled-event',
    title: 'AWS has planned something for it',
    text: `AWS has planned ${next.code}${when}.`,
    next: 'See that the two do not meet.',
  };
};

const addressChanges: Check = (server) =>
  stops(server) && server.instance.publicIpChangesOnStop
    ? {
        level: 'warning',
        kind: 'public-ip',
        title: 'Public IPv4 changes',
        text: `Its public IPv4 address ${server.instance.publicIp ?? ''} will change (no Elastic IP).`.replace(
          '  ',
          ' ',
        ),
        next: 'Give it an Elastic IP first if something relies on the address.',
      }
    : undefined;

const capacity: Check = (server) =>
  stops(server) && server.instance.placementGroup !== undefined
    ? {
        level: 'warning',
        kind: 'placement-group',
        title: 'In a placement group',
        text: `It is in the placement group ${server.instance.placementGroup}; once stopped it may find no capacity there.`,
        next: 'Work on fewer at once, or stop and start the whole group together.',
      }
    : undefined;

const memory: Check = (server) => {
  const { instance } = server;
  if (instance.state !== 'running') return undefined;
  const disks = stops(server) && hasLocalDisks(instance) ? ` and the local disks of ${instance.type}` : '';
  return {
    level: 'warning',
    kind: disks === '' ? 'down' : 'instance-store',
    title: disks === '' ? 'Down during the work' : 'Down, and local disks are emptied',
    text: `It is down during the work; memory${disks} ${disks === '' ? 'is' : 'are'} lost${stops(server) ? '' : ' by the reboot'}.`,
    next: '',
  };
};

const windows: Check = (server) =>
  stops(server) && server.instance.platform === 'windows'
    ? {
        level: 'warning',
        kind: 'windows',
        title: 'Windows',
        text: 'Windows may show the disk offline, or under another drive letter, after the start.',
        next: 'Look at Disk Management afterwards.',
      }
    : undefined;

const checks: readonly Check[] = [
  inBetween,
  inGroup,
  managed,
  marketplace,
  cannotStop,
  stopProtection,
  tooManyVolumes,
  zoneIll,
  eventSoon,
  memory,
  addressChanges,
  capacity,
  windows,
];

/** Types with disks of the host: a `d` after the generation, and the storage families.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-store-volumes.html */
function hasLocalDisks({ type }: Pick<Instance, 'type'>): boolean {
  const [family = ''] = type.split('.');
  return /^(?:[a-z]+\d+[a-z]*d|i\d|is\d|im\d|d\d|h\d|f\d)/.test(family);
}
