import { count, label, some } from '#lib/format.ts';
import type { Section } from '#ports/text.ts';

import type { RestartPlan, RestartResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

/** What goes down for a moment. */
export function planned(plan: RestartPlan): Words {
  const what = nameOf(plan);
  const groups = plan.instances
    .filter(({ group }) => group !== undefined)
    .map(
      (one) =>
        `${label(one)} is in the Auto Scaling group ${one.group}, which may replace it when its checks fail meanwhile.`,
    );
  return {
    title: `Restart ${what}`,
    summary: `Restart ${what}`,
    sections: [
      {
        kind: 'list',
        items: plan.instances
          .slice(0, 15)
          .map((one) => [{ bold: label(one) }, one.env === '' ? '' : ` · env ${one.env}`]),
      },
      {
        kind: 'text',
        lines: [
          'A reboot on the same host: addresses and disks stay, what runs on it is interrupted for a few minutes. It cannot be undone.',
          ...groups.slice(0, 3),
        ],
      },
    ],
  };
}

/** How the servers are now. */
export function done(plan: RestartPlan, result: RestartResult): Words {
  const bad = plan.instances.filter(({ id }) => result.checks[id] !== 'ok');
  const what = nameOf(plan);
  const summary =
    bad.length === 0
      ? `Restarted ${what}, status checks ok`
      : `Restarted ${what}, but ${count(bad.length, 'server')} not ok`;
  const lines =
    bad.length === 0
      ? ['All status checks are ok.']
      : [
          `Not ok: ${some(
            bad.map((one) => `${label(one)} (${result.checks[one.id] ?? 'unknown'})`),
            5,
          )}. If a reboot did not help, restore its data disk from the last good snapshot, or replace the server.`,
        ];
  return { title: `Restarted ${what}`, summary, sections: [{ kind: 'text', lines }] };
}

function nameOf(plan: RestartPlan): string {
  return plan.instances.length === 1 ? label(plan.instances[0]!) : count(plan.instances.length, 'server');
}
