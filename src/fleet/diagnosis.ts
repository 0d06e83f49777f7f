import type { Instance, InstanceHealth } from '#ports/cloud.ts';

import { badOf, type Looks, withLook } from './looks.ts';

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

/** What is kept between looks; plain JSON. */
export type Course = {
  looks: Looks;
  /** Looks in a row that found it well, while it is open. */
  good: number;
  /** Confirmed: an incident. */
  open: boolean;
  /** Confirmed by the newest look. */
  fresh?: boolean | undefined;
  trouble?: Trouble | undefined;
  since?: number | undefined;
  firstGoodAt?: number | undefined;
};
/** An incident needs `confirm` bad ones of the last `outOf` looks, its end `recover` good ones in a row. */
export type Confirmation = { confirm: number; outOf: number; recover: number };

export const freshCourse: Course = { looks: '', good: 0, open: false };

/**
 * What follows from one more look. A server that comes and goes is an incident as well, and stays one as long as it does. An
 * unclear look counts for nothing. Pure.
 */
export function proceed(
  course: Course,
  finding: Finding,
  of: Confirmation & { at: number; since: number | undefined },
): Course {
  switch (finding.kind) {
    case 'unclear':
      return course;
    case 'impaired':
    case 'stopped': {
      const { fresh: _before, ...rest } = course;
      const looks = withLook(course.looks, '-', of.outOf);
      const opens = !course.open && badOf(looks) >= of.confirm;
      const begins = !course.open && badOf(looks) === 1;
      const began = of.since ?? of.at;
      return {
        ...rest,
        looks,
        good: 0,
        open: course.open || opens,
        ...(opens ? { fresh: true } : {}),
        trouble: finding,
        since: begins ? began : (course.since ?? began),
      };
    }
    case 'fine':
    case 'idle':
      return course.open ? recovering(course, of) : quiet(course, of);
  }
}

function recovering({ fresh: _before, ...course }: Course, of: Confirmation & { at: number }): Course {
  const good = course.good + 1;
  const open = good < of.recover;
  const looks = open ? withLook(course.looks, '+', of.outOf) : '';
  return { ...course, looks, good, open, firstGoodAt: course.good === 0 ? of.at : course.firstGoodAt };
}

/** Not confirmed so far: remembered as long as it may still be. */
function quiet(course: Course, { outOf }: Confirmation): Course {
  const looks = withLook(course.looks, '+', outOf);
  return looks === '' ? freshCourse : { ...course, looks };
}
