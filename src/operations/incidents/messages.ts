import { count, duration } from '#lib/format.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Report } from '#ports/incidents.ts';
import type { Button, Line, Message } from '#ports/text.ts';

import { titleOf } from './find.ts';

const pageSize = 10;
const emoji = { critical: 'red_circle', warning: 'large_yellow_circle', info: 'large_blue_circle' } as const;

/** The longest open first: what was forgotten stands on top. */
export function listOf(open: readonly IncidentRecord[], { page, now }: { page: number; now: number }): Message {
  if (open.length === 0)
    return {
      alert: 'No alert is open',
      title: 'Open alerts',
      sections: [{ kind: 'text', lines: ['No alert is open.'] }],
      buttons: [refresh],
    };
  const sorted = open.toSorted((a, b) => a.startedAt - b.startedAt || a.id.localeCompare(b.id));
  const buttons: Button[] = [
    ...(page > 0 ? [{ verb: 'previous', label: 'Older' } as const] : []),
    ...(open.length > (page + 1) * pageSize ? [{ verb: 'next', label: 'Newer' } as const] : []),
    refresh,
  ];
  return {
    alert: count(open.length, 'open alert'),
    title: `Open alerts · ${open.length}`,
    sections: [
      { kind: 'list', items: sorted.slice(page * pageSize, (page + 1) * pageSize).map((one) => line(one, now)) },
      {
        kind: 'note',
        line: 'Their buttons as commands: /deck incidents ack …, assign … @person, silence … 2h; by the id, or by the name of the site or server.',
      },
    ],
    buttons,
  };
}

const refresh = { verb: 'refresh', label: 'Refresh' } as const satisfies Button;

function line(incident: IncidentRecord, now: number): Line {
  const { severity } = incident.report as unknown as Report; // written by the incident book
  const { acknowledgedBy, silencedUntil = 0 } = incident;
  return [
    { emoji: emoji[severity] },
    ' ',
    { code: incident.id },
    ` ${titleOf(incident)} · for ${duration(now - incident.startedAt)} · `,
    ...(acknowledgedBy === undefined ? ['nobody has taken it'] : ['taken by ', { user: acknowledgedBy }]),
    ...(silencedUntil > now ? [' · silenced until ', { at: silencedUntil, style: 'time' } as const] : []),
    ' · ',
    { channel: incident.channel },
  ];
}
