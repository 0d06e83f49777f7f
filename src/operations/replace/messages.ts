import { label } from '#lib/format.ts';
import type { Section } from '#ports/text.ts';

import type { ReplacePlan } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ server, group }: ReplacePlan): Words {
  return {
    title: `Replace ${label(server)}`,
    summary: `Let ${group} replace ${label(server)}`,
    sections: [
      {
        kind: 'text',
        lines: [
          `It is marked unhealthy. The Auto Scaling group ${group} then terminates it and launches another from its template.`,
          'What is only on its disks is gone unless they outlive it; take a snapshot first if anything on them matters. It cannot be undone.',
        ],
      },
    ],
  };
}

export function done({ server, group }: ReplacePlan): Words {
  return {
    title: `${group} has replaced ${label(server)}`,
    summary: `${group} has replaced ${label(server)}`,
    sections: [{ kind: 'text', lines: ['The group has as many members in service as it wants.'] }],
  };
}
