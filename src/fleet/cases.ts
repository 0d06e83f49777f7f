import type { Instance, ScheduledEvent } from '#ports/cloud.ts';

import { type Act, type ActKind, since } from './acts.ts';
import { rootOf, type Trouble } from './diagnosis.ts';

/** What is wrong: a check by its name, a stop by who did it, an event by what AWS plans. */
export type What =
  | 'stopped-itself'
  | 'stopped-by-aws'
  | 'system'
  | 'ebs'
  | 'instance'
  | 'event-move'
  | 'event-reboot'
  | 'event-in-place'
  | 'event-other';
/** All that the table looks at. */
export type Case = {
  what: What;
  /** A member of an Auto Scaling group: to stop it is to lose it. */
  autoScaled: boolean;
  /** Its root is an instance store, which cannot stop. */
  instanceStore: boolean;
  /** AWS may still move it by itself. */
  recovering: boolean;
  /** We rebooted it since the trouble began. */
  rebooted: boolean;
  /** We moved it to another host since then. */
  moved: boolean;
  /** We restored its disks since then. */
  restored: boolean;
};

/** How long AWS is left alone with a failed host; most recoveries are over by then, and one that fails may not say so. */
export const recoveryGraceMs = 10 * 60_000;

type Seen = Pick<Instance, 'autoScalingGroup' | 'instanceStore' | 'autoRecovery' | 'tenancy' | 'type' | 'fabric'>;

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-configuration-recovery.html */
function mayRecover(one: Seen, planned: readonly ScheduledEvent[]): boolean {
  const excluded =
    one.autoScalingGroup !== undefined ||
    one.instanceStore ||
    one.tenancy === 'host' ||
    one.fabric === true ||
    /\.metal/.test(one.type);
  return !excluded && one.autoRecovery !== 'disabled' && planned.every(({ completed }) => completed);
}

export function caseOf(
  trouble: Trouble,
  one: Seen,
  of: { since: number; now: number; events: readonly ScheduledEvent[]; acts?: readonly Act[] | undefined },
): Case {
  const tried = (kind: ActKind) => since(of.acts, of.since).some((act) => act.kind === kind && !act.failed);
  return {
    what:
      trouble.kind === 'impaired'
        ? rootOf(trouble.checks)
        : trouble.by === 'system'
          ? 'stopped-itself'
          : 'stopped-by-aws',
    autoScaled: one.autoScalingGroup !== undefined,
    instanceStore: one.instanceStore,
    recovering: mayRecover(one, of.events) && of.now - of.since < recoveryGraceMs,
    rebooted: tried('reboot'),
    moved: tried('move'),
    restored: tried('restore'),
  };
}

export function caseOfEvents(planned: readonly ScheduledEvent[], one: Seen): Case {
  const codes = new Set(planned.map(({ code }) => code));
  const what =
    codes.has('instance-retirement') || codes.has('instance-stop')
      ? 'event-move'
      : codes.has('system-reboot')
        ? 'event-reboot'
        : codes.has('instance-reboot')
          ? 'event-in-place'
          : 'event-other';
  return {
    what,
    autoScaled: one.autoScalingGroup !== undefined,
    instanceStore: one.instanceStore,
    recovering: false,
    rebooted: false,
    moved: false,
    restored: false,
  };
}
