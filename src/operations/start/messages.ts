import { notOk } from '#lib/checks.ts';
import { count, label } from '#lib/format.ts';
import type { Section } from '#ports/text.ts';

import type { StartPlan, StartResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ servers }: StartPlan): Words {
  const what = nameOf({ servers });
  return {
    title: `Start ${what}`,
    summary: `Start ${what}`,
    sections: [
      {
        kind: 'list',
        items: servers.slice(0, 15).map((one) => [{ bold: label(one) }, one.env === '' ? '' : ` · env ${one.env}`]),
      },
      {
        kind: 'text',
        lines: ['From then on AWS bills the time it runs. A public IP address that is no Elastic IP is a new one.'],
      },
    ],
  };
}

export function done(plan: StartPlan, { checks }: StartResult): Words {
  const what = nameOf(plan);
  const bad = notOk(plan.servers, checks);
  return {
    title: `Started ${what}`,
    summary: bad === undefined ? `Started ${what}, status checks ok` : `Started ${what}, but its checks are not ok`,
    sections: [
      {
        kind: 'text',
        lines: [
          bad === undefined
            ? 'All status checks are ok.'
            : `Not ok: ${bad}. Read its console with \`/deck console\`; if its disks are broken, restore them from the last good snapshot.`,
        ],
      },
    ],
  };
}

function nameOf({ servers }: StartPlan): string {
  return servers.length === 1 ? label(servers[0]!) : count(servers.length, 'server');
}
