import { Problem } from '#sandbox/ec2/problems.ts';
import type { Server } from '#sandbox/parts.ts';

import type { Group } from './model.ts';
import type { Surroundings } from './service.ts';

/** Ms of AWS: leaving and entering service, and until an unhealthy member is replaced. Plausible values. */
const moving = 10_000;
const replacing = 60_000;

export type GroupMember = Server & { group: string };

/** Who is in which group and how it is there: groups are what servers' tags say. */
export type Members = {
  all: () => readonly GroupMember[];
  lifecycleOf: (server: Server) => string;
  isHealthy: (server: Server) => boolean;
  /** Members in Standby do not count. */
  desiredOf: (group: string) => number;
  /** As asked for, or as AWS makes a group that nobody has said more of. Throws for one without members. */
  group: (name: string) => Group;
};

export function createMembers({ servers, state, now, speed }: Surroundings): Members {
  const all = (): readonly GroupMember[] =>
    servers.all().filter((one): one is GroupMember => one.group !== undefined && one.state !== 'terminated');

  function lifecycleOf({ id, state: power, startedAt }: Server): string {
    const { standby, returning } = state().members[id] ?? {};
    if (power === 'shutting-down') return 'Terminating';
    if (standby !== undefined) return now() < standby.since + moving / speed ? 'EnteringStandby' : 'Standby';
    if (power === 'pending') return 'Pending';
    if (returning === undefined) return 'InService';
    return now() < Math.max(startedAt, returning.since + moving / speed) ? 'Pending' : 'InService';
  }

  return {
    all,
    lifecycleOf,
    isHealthy: ({ id, state: power, well }) => {
      const { standby, unhealthyAt } = state().members[id] ?? {};
      return unhealthyAt === undefined && (standby !== undefined || (well && ['running', 'pending'].includes(power)));
    },
    desiredOf: (name) =>
      all().filter(({ id, group }) => group === name && state().members[id]?.standby === undefined).length,
    group: (name) => {
      if (!all().some(({ group }) => group === name))
        throw new Problem('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
      return (state().groups[name] ??= { min: 0, max: 100, suspended: [] });
    },
  };
}

/**
 * What a group does with a member: Standby keeps it; a suspended HealthCheck keeps one that stops, but not one that was
 * declared unhealthy; without ReplaceUnhealthy or Terminate none is replaced. Undefined: as it is by itself.
 * Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/suspend-resume-considerations.html
 */
export function verdictOn(of: Surroundings, id: string, group: string): 'keep' | 'replace' | undefined {
  const { members, groups } = of.state();
  const { standby, unhealthyAt } = members[id] ?? {};
  const suspended = groups[group]?.suspended ?? [];
  if (standby !== undefined || suspended.includes('ReplaceUnhealthy') || suspended.includes('Terminate')) return 'keep';
  if (unhealthyAt !== undefined && of.now() >= unhealthyAt + replacing / of.speed) return 'replace';
  return suspended.includes('HealthCheck') ? 'keep' : undefined;
}
