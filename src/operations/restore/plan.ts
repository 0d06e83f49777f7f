import { isRefusal, Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import type { Instance } from '#ports/cloud.ts';

import type { Estimate } from './estimate.ts';
import { planServer, type ServerFacts, type ServerPlan } from './server-plan.ts';

/** Something a person should know before they say yes. A blocker keeps the server out of the plan. */
export type Finding = {
  level: 'blocker' | 'warning';
  /** The server or volume it is about: `web-1 (i-…)`. */
  about: string;
  text: string;
  next: string;
};

/** What happens to the whole selection; plain JSON. */
export type RestorePlan = {
  servers: readonly ServerPlan[];
  /** Named by the selector, but not restored. */
  left: readonly { label: string; why: string }[];
  putsBack: boolean;
  /** Servers that may fail before the rest is not begun. */
  failures: number;
  /** Servers at work at once. */
  atOnce: number;
  /** MiB/s at which AWS fills each new volume, and the sum of it that one Region allows; absent = lazily. */
  filling?: { rate: number; quota: number };
  findings: readonly Finding[];
  estimate: Estimate;
};

/** The most servers that one plan may hold: what one card and one approval can still answer for. */
export const mostServers = 500;

export type Bounds = { failures: string; atOnce: number };

/** A server that the selector names, and the way to its plan; `plan` may refuse. */
export type Candidate = {
  instance: { id: string; name: string };
  plan: () => ServerPlan;
  warnings: readonly Finding[];
};

/** Each planned on its own; those that cannot be restored are left, with the reason. Refuses when none is left. Pure. */
export function planServers(candidates: readonly Candidate[]): Pick<RestorePlan, 'servers' | 'left' | 'findings'> {
  if (candidates.length > mostServers)
    throw new Refusal(
      'too-wide',
      `That names ${candidates.length} servers; one restore takes at most ${mostServers}. Split it by a tag, for example \`env=prod role=db\`.`,
    );
  const servers: ServerPlan[] = [];
  const left: { label: string; why: string }[] = [];
  const findings: Finding[] = [];
  let first: unknown;
  for (const { instance, plan, warnings } of candidates) {
    try {
      servers.push(plan());
      findings.push(...warnings);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      first ??= error;
      left.push({ label: label(instance), why: error.message });
    }
  }
  if (servers.length === 0) throw first;
  return { servers, left, findings };
}

export function candidateOf(facts: ServerFacts): Candidate {
  return { instance: facts.instance, plan: () => planServer(facts), warnings: warnings(facts.instance) };
}

/** How many of `total` may fail: `3`, or `10%` (rounded down). */
export function allowedFailures(text: string, total: number): number {
  return text.endsWith('%') ? Math.floor((total * Number(text.slice(0, -1))) / 100) : Number(text);
}

function warnings(instance: Instance): Finding[] {
  if (instance.state !== 'running') return [];
  const about = label(instance);
  const found: Finding[] = [
    {
      level: 'warning',
      about,
      text: 'It is down during the work; memory and instance-store data are lost.',
      next: '',
    },
  ];
  if (instance.publicIpChangesOnStop)
    found.push({
      level: 'warning',
      about,
      text: `Its public IPv4 address ${instance.publicIp ?? ''} will change (no Elastic IP).`.replace('  ', ' '),
      next: 'Give it an Elastic IP first if something relies on the address.',
    });
  return found;
}
