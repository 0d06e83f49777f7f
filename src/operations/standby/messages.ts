import { label } from '#lib/format.ts';
import type { Section } from '#ports/text.ts';

import type { StandbyPlan } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ server, group, back }: StandbyPlan): Words {
  const summary = back ? `Put ${label(server)} back into service` : `Take ${label(server)} out of service`;
  return {
    title: summary,
    summary: `${summary} in ${group}`,
    sections: [
      {
        kind: 'text',
        lines: back
          ? [`It takes traffic again, and ${group} counts and checks it.`]
          : [
              `It stays in ${group} but takes no traffic, and the group neither checks nor replaces it: time to look at it or mend it.`,
              'The group wants one server fewer meanwhile. Put it back when you are finished: a forgotten one is missing later.',
            ],
      },
    ],
  };
}

export function done({ server, group, back }: StandbyPlan): Words {
  const summary = back ? `${label(server)} is in service again` : `${label(server)} is out of service`;
  const next = back
    ? `${group} sees to it again.`
    : `Put it back with \`/deck standby ${server.id} --back\`, or by the button.`;
  return { title: summary, summary: `${summary} in ${group}`, sections: [{ kind: 'text', lines: [next] }] };
}
