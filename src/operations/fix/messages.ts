import { duration, label } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import type { FixPlan, FixResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

const mostLines = 10;

export function planned(plan: FixPlan): Words {
  return {
    title: `Mend ${plan.site}`,
    summary: `${doing(plan)} to mend ${plan.site}`,
    sections: [
      {
        kind: 'text',
        lines: [
          ...consequence(plan),
          `Right before, ${plan.site} is looked at once more: if it answers by then, nothing is done. Afterwards its checks must find it up within ${duration(plan.withinMs)}, whatever the remedy says of itself. This cannot be undone.`,
        ],
      },
    ],
  };
}

function consequence({ act, server }: FixPlan): readonly Line[] {
  switch (act.kind) {
    case 'container':
      return [
        [
          'The container ',
          { code: act.container },
          ` on ${act.host} is stopped, by force after 10 s, and started again.`,
        ],
      ];
    case 'ecs':
      return [
        [
          'All tasks of the ECS service ',
          { code: act.service },
          ` in ${act.cluster} are replaced by new ones of the same task definition, as its deployment settings say.`,
        ],
      ];
    case 'script':
      return [
        `These lines of deckhand.yml run as root on ${server === null ? 'its server' : label(server)}, by Systems Manager:`,
        ...act.lines.slice(0, mostLines).map((code): Line => [{ code }]),
        ...(act.lines.length > mostLines ? [`and ${act.lines.length - mostLines} more.`] : []),
      ];
  }
}

/** `Restart container shop on local`. */
export function doing({ act, server, remedy }: FixPlan): string {
  switch (act.kind) {
    case 'container':
      return `Restart container ${act.container} on ${act.host}`;
    case 'ecs':
      return `Redeploy ECS service ${act.service}`;
    case 'script':
      return remedy.startsWith('unit:')
        ? `Restart unit ${remedy.slice('unit:'.length)} on ${server === null ? 'its server' : label(server)}`
        : `Run script ${remedy.slice('script:'.length)} on ${server === null ? 'its server' : label(server)}`;
  }
}

export function done(plan: FixPlan, { helped, said }: FixResult): Words {
  const what = helped ? `${plan.site} is up again` : `${plan.site} is still down after ${duration(plan.withinMs)}`;
  const lines = [
    ...(said === null ? [] : [`It said: ${said}`]),
    ...(helped
      ? []
      : [
          'It was no help. Look at the log of the service, and at what was changed last; then try another remedy on the alert.',
        ]),
  ];
  return {
    title: helped ? `Mended ${plan.site}` : `${plan.site} is not mended`,
    summary: `${doing(plan)}: ${what}`,
    sections: lines.length === 0 ? [] : [{ kind: 'text', lines }],
  };
}
