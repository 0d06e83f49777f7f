import { notOk } from '#lib/checks.ts';
import { label, utc } from '#lib/format.ts';
import { moveRisks } from '#lib/hosts.ts';
import type { Line, Section } from '#ports/text.ts';

import type { EventPlan, EventResult } from './plan.ts';

type Words = { title: string; summary: string; sections: readonly Section[] };

export function planned({ server, event, how }: EventPlan): Words {
  const what = `${event.code} of ${label(server)}`;
  const facts: readonly (readonly [string, Line])[] = [
    ['Event', event.description],
    ...(event.notBefore === 0 ? [] : [['AWS begins', { at: event.notBefore, style: 'datetime' }] as const]),
    ...(event.deadline === 0 ? [] : [['Movable until', { at: event.deadline, style: 'datetime' }] as const]),
  ];
  if (how.kind === 'later')
    return {
      title: `Move ${what}`,
      summary: `Move ${what} to ${utc(how.at)}`,
      sections: [
        { kind: 'facts', facts: [...facts, ['New time', { at: how.at, style: 'datetime' }]] },
        { kind: 'text', lines: ['AWS does it at that time instead. Until the deadline it can be moved again.'] },
      ],
    };
  return {
    title: `Do ${what} now`,
    summary: `Do ${what} now (${how.kind === 'move' ? 'stop and start' : 'reboot'})`,
    sections: [
      { kind: 'facts', facts },
      {
        kind: 'text',
        lines:
          how.kind === 'move'
            ? moveRisks([server])
            : [
                'A reboot: what runs on it is interrupted for a few minutes; addresses and disks stay. It cannot be undone.',
                'AWS moves it to another host with that. On types where it cannot, the event stays, and `/deck migrate` is the way.',
              ],
      },
    ],
  };
}

export function done({ server, event, how }: EventPlan, { over, notBefore, checks }: EventResult): Words {
  const what = `${event.code} of ${label(server)}`;
  if (how.kind === 'later') {
    const summary = `Moved ${what} to ${utc(notBefore)}`;
    return { title: `Moved ${what}`, summary, sections: [{ kind: 'text', lines: ['AWS confirms the new time.'] }] };
  }
  const bad = notOk([server], checks);
  const lines = [
    over
      ? 'AWS lists the event as completed.'
      : 'AWS still lists the event; it may take it off later. If it stays, do it by `/deck migrate`.',
    bad === undefined ? 'All status checks are ok.' : `Not ok: ${bad}. Read \`/deck console ${server.id}\`.`,
  ];
  return {
    title: `Did ${what}`,
    summary: `Did ${what}${over ? '' : '; AWS still lists it'}`,
    sections: [{ kind: 'text', lines }],
  };
}
