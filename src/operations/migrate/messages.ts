import { notOk } from '#lib/checks.ts';
import { count, label } from '#lib/format.ts';
import { moveRisks } from '#lib/hosts.ts';
import type { Section } from '#ports/text.ts';

import type { MigratePlan, MigrateResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned(plan: MigratePlan): Words {
  const { servers } = plan;
  const what = nameOf(plan);
  return {
    title: `Move ${what} to another host`,
    summary: `Move ${what} to another host (stop and start)`,
    sections: [
      {
        kind: 'list',
        items: servers.slice(0, 15).map((one) => [{ bold: label(one) }, one.env === '' ? '' : ` · env ${one.env}`]),
      },
      { kind: 'text', lines: moveRisks(servers) },
    ],
  };
}

export function done(plan: MigratePlan, { checks }: MigrateResult): Words {
  const what = nameOf(plan);
  const bad = notOk(plan.servers, checks);
  return {
    title: `Moved ${what} to another host`,
    summary: bad === undefined ? `Moved ${what}, status checks ok` : `Moved ${what}, but not all checks are ok`,
    sections: [
      {
        kind: 'text',
        lines: [
          bad === undefined
            ? 'All status checks are ok.'
            : `Not ok: ${bad}. The host is another one, so it is the server or a disk: read \`/deck console\`, then restore from the last good snapshot.`,
        ],
      },
    ],
  };
}

function nameOf({ servers }: MigratePlan): string {
  return servers.length === 1 ? label(servers[0]!) : count(servers.length, 'server');
}
