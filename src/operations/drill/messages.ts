import type { DrillOutcome } from '#lib/drills.ts';
import { bytes, count, duration } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import type { DrillPlan } from './plan.ts';
import type { DrillResult } from './story.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };
const shown = 10;

/** Which disks are made for a while, where, and how they are looked at. */
export function planned(plan: DrillPlan, { now }: { now: number }): Words {
  const { trials, bare, target, rate, check } = plan;
  const what = count(trials.length + bare.length, 'volume');
  const size = trials.reduce((sum, { sizeGiB }) => sum + sizeGiB, 0);
  return {
    title: `Restore drill of ${what}${plan.drill === undefined ? '' : ` · drill ${plan.drill}`}`,
    summary: `Restore drill of ${what}`,
    sections: [
      {
        kind: 'list',
        items: clip([
          ...trials.map(
            ({ name, snapshot, takenAt, sizeGiB }): Line =>
              `${name}: ${snapshot}, ${duration(now - takenAt)} old · ${sizeGiB} GiB`,
          ),
          ...bare.map(({ name }): Line => [{ bold: name }, ': no completed snapshot']),
        ]),
      },
      {
        kind: 'text',
        lines: [
          'A new disk is made from each snapshot beside the fleet, looked at, and deleted again, also when something fails. No server of the fleet is touched.',
          target === undefined
            ? `Looked at: AWS must find each disk fine${rate === undefined ? '' : `, with every block brought at ${rate} MiB/s`}.`
            : `Looked at: attached one after another to ${target.name} at ${target.device}, mounted read-only, ${check.length === 0 ? 'its files listed' : 'checked by the script in deckhand.yml'}.`,
          `${size} GiB of disks are billed for minutes${rate === undefined ? '' : ', and their initialisation by the GiB'}.`,
        ],
      },
    ],
  };
}

/** What could be restored, how fast; and what could not. */
export function done(_plan: DrillPlan, { outcomes }: DrillResult): Words {
  const bad = outcomes.filter(({ why }) => why !== undefined).length;
  const what = `Restore drill: ${outcomes.length - bad} of ${count(outcomes.length, 'volume')} could be restored`;
  const verdict = bad === 0 ? what : `${what}, ${bad} FAILED`;
  return {
    title: verdict,
    summary: verdict,
    sections: [
      {
        kind: 'list',
        items: clip(outcomes.toSorted((a, b) => Number(a.why === undefined) - Number(b.why === undefined)).map(line)),
      },
      { kind: 'note', line: 'Every disk of the drill is deleted again.' },
    ],
  };
}

export function failures(_plan: DrillPlan, { outcomes }: DrillResult): readonly Line[] {
  return clip(outcomes.filter(({ why }) => why !== undefined).map(line));
}

function line({ name, why, ms, bytes: size }: DrillOutcome): Line {
  if (why !== undefined) return [{ bold: name }, `: COULD NOT BE RESTORED: ${why}`];
  return [{ bold: name }, `: ok in ${duration(ms ?? 0)}, ${bytes(size ?? 0)}`];
}

function clip(lines: readonly Line[]): Line[] {
  const rest = lines.length - shown;
  return [...lines.slice(0, shown), ...(rest > 0 ? [`and ${rest} more`] : [])];
}
