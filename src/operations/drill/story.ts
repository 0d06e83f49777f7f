import type { DrillOutcome } from '#lib/drills.ts';
import type { Story } from '#operations/story-contract.ts';

import type { DrillPart } from './part.ts';
import type { DrillPlan } from './plan.ts';

/** Ends done also when a restore failed: that is what a drill is for. */
export type DrillResult = { outcomes: DrillOutcome[] };
export const stages = ['Make disks from the snapshots', 'Look at them', 'Delete them'] as const;

/** Disks at work at once; on a target one after another, at one device. */
const mostAtOnce = 10;

/** Each volume is a part of its own; nothing of any is left behind. */
export async function drill(story: Story, plan: DrillPlan): Promise<DrillResult> {
  const { trials, bare, target, check, rate } = plan;
  const common = { check, ...(target === undefined ? {} : { target }), ...(rate === undefined ? {} : { rate }) };
  const ended = await story.parts(
    trials.map((trial) => ({ key: trial.volume, label: trial.name, plan: { ...common, trial } satisfies DrillPart })),
    { failures: trials.length, atOnce: target === undefined ? mostAtOnce : 1 },
  );
  const outcomes = trials.map(({ volume, name }, at): DrillOutcome => {
    const { state, result, reason } = ended[at]!;
    return state === 'done' ? (result as unknown as DrillOutcome) : { volume, name, why: reason ?? 'no reason given' };
  });
  const none = bare.map((one): DrillOutcome => ({
    ...one,
    why: 'It has no completed snapshot that could be restored.',
  }));
  return { outcomes: [...outcomes, ...none] };
}
