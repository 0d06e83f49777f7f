import type { Instance, InstanceHealth } from '#ports/cloud.ts';

/** The three status checks, the deepest cause first: a broken host breaks what runs on it. */
export const checks = ['system', 'ebs', 'instance'] as const;
export type Check = (typeof checks)[number];

/** What is wrong. `reason`: AWS's StateReason code. */
export type Trouble =
  | { kind: 'impaired'; checks: readonly Check[] }
  | { kind: 'stopped'; by: 'system' | 'aws'; reason: string };
/** idle: not running, on purpose. unclear: says nothing for or against, as while a server boots. */
export type Finding = Trouble | { kind: 'fine' } | { kind: 'idle' } | { kind: 'unclear' };

/**
 * One look at one server. `wasRunning`: it ran when we last looked; only then is a stop news. Pure.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
 */
export function diagnose(of: {
  instance: Pick<Instance, 'state' | 'stateReason'>;
  health: Pick<InstanceHealth, 'state' | Check> | undefined;
  wasRunning: boolean;
}): Finding {
  if (of.instance.state === 'stopped') return of.wasRunning ? stopped(of.instance.stateReason) : { kind: 'idle' };
  if (of.instance.state !== 'running' || of.health?.state !== 'running') return { kind: 'unclear' };
  const { health } = of;
  const impaired = checks.filter((check) => health[check] === 'impaired');
  if (impaired.length > 0) return { kind: 'impaired', checks: impaired };
  const fine = health.system === 'ok' && health.instance === 'ok' && ['ok', 'not-applicable'].includes(health.ebs);
  return { kind: fine ? 'fine' : 'unclear' };
}

/** Source of the codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html */
function stopped(reason: string | undefined): Finding {
  if (reason === undefined || reason === '') return { kind: 'idle' };
  if (reason.startsWith('Client.UserInitiated') || reason.startsWith('Server.Spot')) return { kind: 'idle' };
  const by = reason.startsWith('Client.InstanceInitiatedShutdown') ? 'system' : 'aws';
  return { kind: 'stopped', by, reason };
}

/** What must be cured first. */
export function rootOf(failing: readonly Check[]): Check {
  return checks.find((check) => failing.includes(check)) ?? 'system';
}

/** Looks in a row, kept between them; plain JSON. */
export type Course = {
  bad: number;
  good: number;
  /** Confirmed: an incident. */
  open: boolean;
  trouble?: Trouble | undefined;
  since?: number | undefined;
  firstGoodAt?: number | undefined;
};

export const freshCourse: Course = { bad: 0, good: 0, open: false };

/**
 * What follows from one more look: an incident needs `confirm` bad looks in a row, its end `recover` good ones; an
 * unclear look counts for neither. Pure.
 */
export function proceed(
  course: Course,
  finding: Finding,
  of: { at: number; since: number | undefined; confirm: number; recover: number },
): Course {
  switch (finding.kind) {
    case 'unclear':
      return course;
    case 'impaired':
    case 'stopped': {
      // Counted no further than it matters, so that what stays as it is need not be written again.
      const bad = Math.min(course.bad + 1, of.confirm + 1);
      const began = of.since ?? of.at;
      const since = course.bad === 0 && !course.open ? began : (course.since ?? began);
      return { bad, good: 0, open: course.open || bad >= of.confirm, trouble: finding, since };
    }
    case 'fine':
    case 'idle': {
      if (!course.open) return freshCourse;
      const good = course.good + 1;
      const open = good < of.recover;
      return { ...course, bad: 0, good, open, firstGoodAt: course.good === 0 ? of.at : course.firstGoodAt };
    }
  }
}
