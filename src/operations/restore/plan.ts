import { isRefusal, Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import { countedTags } from '#lib/tags.ts';
import type { Snapshot, Volume } from '#ports/cloud.ts';

import type { Estimate } from './estimate.ts';
import { type Finding, grouped, sentence, type Warning } from './finding.ts';
import type { CheckedServer, CheckedSwap } from './preflight-facts.ts';
import type { ServerPlan } from './server-plan.ts';
import type { Predicted } from './terraform.ts';

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
  /** What to know before approving; blockers are refused or in `left`. */
  findings: readonly Warning[];
  /** What Terraform would do; absent = no state is named in the settings. */
  terraform?: Predicted;
  estimate: Estimate;
};

/** The most servers that one plan may hold: what one card and one approval can still answer for. */
export const mostServers = 500;

/** Throws Refusal "too-wide". */
export function mustBeFew(servers: number): void {
  if (servers > mostServers)
    throw new Refusal(
      'too-wide',
      `That names ${servers} servers; one restore takes at most ${mostServers}. Split it by a tag, for example \`env=prod role=db\`.`,
    );
}

/** A server that the selector names: its plan, or why there is none. */
export type Draft = Omit<CheckedServer, 'swaps' | 'method'> & {
  plan: ServerPlan | undefined;
  why: string;
  /** The snapshots its plan could take. */
  snapshots: readonly Snapshot[];
  /** The volumes that come back in an undo. */
  back: readonly Volume[];
};

/** Runs `plan`, and keeps its refusal as the reason. Pure when `plan` is. */
export function drafted(plan: () => ServerPlan): Pick<Draft, 'plan' | 'why'> {
  try {
    return { plan: plan(), why: '' };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { plan: undefined, why: error.message };
  }
}

/** As the checks look at it. Pure. */
export function checked({ instance, volumes, wanted, plan, snapshots, back }: Draft): CheckedServer {
  const swaps = (plan?.swaps ?? []).flatMap(({ device, out, put }): CheckedSwap[] => {
    if (put.kind === 'existing') {
      const volume = back.find(({ id }) => id === put.volumeId);
      return volume === undefined ? [] : [{ device, out, put: { kind: 'existing', volume } }];
    }
    const snapshot = snapshots.find(({ id }) => id === put.snapshotId);
    if (snapshot === undefined) return [];
    // Two more tags are added when it is made: the run and the effect.
    const tags = countedTags(put.volume.tags) + 2;
    return [{ device, out, put: { kind: 'create', snapshot, ...put.volume, tags } }];
  });
  return { instance, volumes, wanted, swaps, method: plan?.method ?? 'swap' };
}

/**
 * The servers that nothing stands against, the others with all that does, and what to know of the rest. Refuses with every
 * blocker when something concerns them all, or when no server is left. Pure.
 */
export function settleServers(
  drafts: readonly Draft[],
  findings: readonly Finding[],
  lost: RestorePlan['left'] = [],
): Pick<RestorePlan, 'servers' | 'left' | 'findings'> {
  const blockers = findings.filter(({ level }) => level === 'blocker');
  const servers: ServerPlan[] = [];
  const left = [...lost];
  const gone = new Set<string>();
  for (const { instance, plan, why } of drafts) {
    const against = blockers.filter(({ server }) => server === instance.id).map(sentence);
    if (plan !== undefined && against.length === 0) {
      servers.push(plan);
      continue;
    }
    gone.add(label(instance));
    left.push({ label: label(instance), why: [why, ...against].filter((one) => one !== '').join(' ') });
  }
  const general = blockers.filter(({ server }) => server === undefined);
  if (general.length > 0 || servers.length === 0) throw refusalOf(general, left);
  const warnings = findings.filter(({ level, about }) => level === 'warning' && !gone.has(about));
  return { servers, left, findings: grouped(warnings) };
}

/** Every reason at once, so that nobody has to ask again to hear the next. */
function refusalOf(general: readonly Finding[], left: RestorePlan['left']): Refusal {
  const reasons = [
    ...general.map(sentence),
    ...left.slice(0, mostReasons).map(({ label: name, why }) => `${name}: ${why}`),
    ...(left.length > mostReasons ? [`And ${left.length - mostReasons} more servers.`] : []),
  ];
  const code = general.some(({ kind }) => kind === 'permission') ? 'not-permitted' : 'unsuitable';
  const missing = general.filter(({ kind }) => kind === 'permission').map(({ text }) => text);
  return new Refusal(code, reasons.join('\n'), { missing });
}

/** Servers named in a refusal. */
const mostReasons = 10;

/** How many of `total` may fail: `3`, or `10%` (rounded down). */
export function allowedFailures(text: string, total: number): number {
  return text.endsWith('%') ? Math.floor((total * Number(text.slice(0, -1))) / 100) : Number(text);
}
