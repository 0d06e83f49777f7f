import { count, duration, label } from '#lib/format.ts';
import type { Report } from '#ports/incidents.ts';
import type { Line } from '#ports/text.ts';

import type { Late, Verdict } from './backup-verdict.ts';

type Words = { report: Report; note: Line };

/** Volumes that are listed by name; the rest is counted. */
const shown = 10;

/** Volumes without a good snapshot that is young enough. `most`: how many one request may take; `flags`: what leads to their place. */
export function late(of: { name: string; rpoMs: number; verdict: Verdict; most: number; flags: string }): Words {
  const { name, rpoMs } = of;
  const { late, volumes } = of.verdict;
  const what = count(late.length, 'volume');
  const chosen = late.slice(0, of.most);
  const rest = late.length - shown;
  return {
    report: {
      severity: 'critical',
      title: `Missed backup · schedule ${name}`,
      alert: `${what} of schedule ${name} ${late.length === 1 ? 'has' : 'have'} no good snapshot of the last ${duration(rpoMs)}`,
      facts: [
        ['Without', `${late.length} of ${count(volumes, 'volume')}`],
        ['Allowed', `the newest completed snapshot, whoever made it, is at most ${duration(rpoMs)} old`],
      ],
      detail: [
        ...late.slice(0, shown).map(lateLine),
        ...(rest > 0 ? [`and ${rest} more`] : []),
        ['See how the last runs ended with ', { code: '/deck schedules' }, ', or take the snapshots now.'],
      ],
      remedies: [
        {
          label: chosen.length < late.length ? `Snapshot ${chosen.length} now` : 'Snapshot now',
          operation: 'snapshot',
          line: `${chosen.map(({ volume }) => volume.id).join(' ')}${of.flags}`,
          style: 'primary',
        },
      ],
    },
    note: `${what} without a good snapshot of the last ${duration(rpoMs)}.`,
  };
}

export function inTime(name: string, { volumes }: Pick<Verdict, 'volumes'>): Words {
  return over(
    name,
    `Every volume of schedule ${name} has a good snapshot again`,
    `${count(volumes, 'volume')} looked at.`,
  );
}

export function notWatched(name: string): Words {
  return over(name, `The backups of schedule ${name} are no longer watched`, 'It is gone, or has no `rpo` any more.');
}

function over(name: string, alert: string, detail: string): Words {
  return {
    report: {
      severity: 'critical',
      title: `Missed backup · schedule ${name}`,
      alert,
      facts: [],
      detail: [`${alert}. ${detail}`],
      remedies: [],
    },
    note: `${alert}.`,
  };
}

function lateLine({ volume, lastAt }: Late): Line {
  const on = volume.attachments[0]?.instanceId;
  return [
    { bold: label(volume) },
    on === undefined ? '' : ` on ${on}`,
    ...(lastAt === undefined
      ? [': no completed snapshot']
      : [': the newest is of ', { at: lastAt, style: 'datetime' } as const]),
  ];
}
