import { label, some } from '#lib/format.ts';
import type { Line, Section } from '#ports/text.ts';

import { mostNamed, subject, type Words } from './messages.ts';
import type { RestorePlan } from './plan.ts';
import type { ServerResult } from './server-part.ts';
import type { ServerPlan } from './server-plan.ts';
import type { RestoreResult } from './story.ts';
import { stepSections } from './terraform-messages.ts';
import { exchangedBy } from './terraform-steps.ts';

/** What was done, and the way back. */
export function done(plan: RestorePlan, result: RestoreResult): Words {
  const verb = plan.putsBack ? 'Undid the restore of' : 'Restored';
  const { title, what } = subject(result.servers);
  const failed = result.others.length === 0 ? '' : `; ${othersLine(result)}`;
  return {
    title: `${verb} ${title}`,
    summary: `${verb} ${what}${bad(result)}${failed}`,
    sections: [
      result.servers.length === 1 && plan.servers.length === 1
        ? resultFacts(plan.servers[0]!, result.servers[0]!)
        : fleetResult(result),
      ...failures(result),
      ...(result.servers.length === 0
        ? []
        : [{ kind: 'text' as const, lines: [keptLine(plan, result), ...untaggedLines(result)] }]),
      ...stepSections(plan.terraform, exchangedBy(result)),
    ],
  };
}

function resultFacts(server: ServerPlan, result: ServerResult): Section {
  return {
    kind: 'facts',
    facts: [
      ...result.swaps.map(
        (swap) => [swap.device, [{ code: swap.new }, ' is attached in place of ', { code: swap.old }]] as const,
      ),
      ['Status checks', checksLine(server, result)],
    ],
  };
}

function fleetResult({ servers }: RestoreResult): Section {
  const unwell = servers.filter(notOk);
  return {
    kind: 'facts',
    facts: [
      ['Done', some(servers.map(label), mostNamed)],
      [
        'Status checks',
        unwell.length === 0
          ? 'ok, or not checked because the server was stopped'
          : `not ok: ${some(
              unwell.map((one) => `${label(one)} (${one.checks})`),
              mostNamed,
            )}: look at them; Undo puts the old disks back`,
      ],
    ],
  };
}

function failures({ others }: RestoreResult): Section[] {
  if (others.length === 0) return [];
  const words = { undone: 'failed and is as it was before', stuck: 'COULD NOT BE PUT BACK', skipped: 'not begun' };
  const items = others
    .slice(0, mostNamed)
    .map((other): Line => [{ bold: other.label }, ` ${words[other.state]}: ${other.reason}`]);
  const more = others.length > mostNamed ? [`And ${others.length - mostNamed} more: \`/deck runs\` has them all.`] : [];
  return [{ kind: 'list', items: [...items, ...more] }];
}

function othersLine({ others }: RestoreResult): string {
  const by = (state: string) => others.filter((other) => other.state === state).length;
  const parts = [
    by('undone') > 0 ? `${by('undone')} failed and put back` : '',
    by('skipped') > 0 ? `${by('skipped')} not begun` : '',
    by('stuck') > 0 ? `${by('stuck')} NEED A PERSON` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function checksLine({ wasRunning }: ServerPlan, result: ServerResult): string {
  if (!wasRunning) return 'the server was stopped and still is';
  if (result.checks === 'ok') return 'ok';
  return `${result.checks}: look at the server; Undo puts the old disk back`;
}

function notOk({ checks }: ServerResult): boolean {
  return checks !== 'ok' && checks !== 'not-checked';
}

function bad({ servers }: RestoreResult): string {
  const unwell = servers.filter(notOk).length;
  if (unwell === 0) return '';
  return servers.length === 1
    ? ', but its status checks are not ok'
    : `, but the status checks of ${unwell} are not ok`;
}

function untaggedLines({ servers }: RestoreResult): Line[] {
  const untagged = servers.flatMap((server) => server.untagged);
  return untagged.length === 0
    ? []
    : [
        [
          { bold: `${some(untagged, mostNamed)} could not be tagged as kept.` },
          ' Do not delete them while an undo may be needed.',
        ],
      ];
}

function keptLine(plan: RestorePlan, { servers }: RestoreResult): Line {
  const kept = servers.flatMap(({ swaps }) => swaps.map(({ old }) => old));
  return [
    `${some(kept, mostNamed)} ${kept.length === 1 ? 'is' : 'are'} kept, detached, at least until `,
    { at: Math.min(...servers.map(({ heldUntil }) => heldUntil)), style: 'date' },
    plan.putsBack ? '.' : ' and can be put back with Undo.',
    ...(plan.terraform === undefined ? [' If you use Terraform, import the new volumes before the next apply.'] : []),
  ];
}
