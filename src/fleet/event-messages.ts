import { duration, label, utc } from '#lib/format.ts';
import type { Instance, ScheduledEvent } from '#ports/cloud.ts';
import type { Remedy } from '#ports/incidents.ts';
import type { Piece } from '#ports/text.ts';

import { eventAdvice } from './advice.ts';
import { caseOfEvents } from './cases.ts';
import { decide } from './decisions.ts';
import { beginOf, isSoon, openOf } from './events.ts';
import {
  careful,
  type Fact,
  facts,
  hasSnapshot,
  nameOf,
  remedy,
  type Subject,
  unseen,
  type Words,
} from './messages.ts';
import { lastSnapshot, restoreTime } from './way-back.ts';

/** All words about what AWS plans to do to a server. What comes from AWS stands in plain pieces only. */

/** `events` is not empty. */
export function planned(of: Subject & { events: readonly ScheduledEvent[] }): Words {
  const { instance } = of;
  const events = openOf(of.events);
  const codes = [...new Set(events.map(({ code }) => code))].join(', ');
  const decision = decide(caseOfEvents(events, instance), { hasSnapshot: hasSnapshot(of) });
  return {
    report: {
      severity: isSoon(events, of.now) ? 'critical' : 'warning',
      title: `AWS plans ${codes} · ${label(instance)}`,
      alert: `${label(instance)}: AWS plans ${codes}${dueText(events, of.now)}`,
      facts: [
        ...events.slice(0, 3).map((event): Fact => [event.code, [event.description, ...whenOf(event)]]),
        ['Do', eventAdvice(decision, events)],
        ...careful(decision.never),
        ['Last good snapshot', lastSnapshot(of)],
        ['A restore takes', restoreTime(of)],
        ...facts(of),
      ],
      detail: [],
      remedies: [...decision.cures.map((cure) => remedy(cure, of)).slice(0, 2), ...otherTime(events, of)],
    },
    note: `AWS plans ${codes}${dueText(events, of.now)}.`,
  };
}

export function plannedOver(of: { id: string; instance: Instance | undefined; leftOut?: Instance }): Words {
  const name = nameOf(of);
  const text = of.instance === undefined ? unseen(of) : 'has no event planned any more';
  return {
    report: {
      severity: 'warning',
      title: `AWS event · ${name}`,
      alert: `${name} ${text}`,
      facts: [],
      detail: [`${name} ${text}.`],
      remedies: [],
    },
    note: `${name} ${text}.`,
  };
}

/** AWS gives an id, and a deadline, to what may be moved. */
function otherTime([first]: readonly ScheduledEvent[], { instance, flags }: Subject): readonly Remedy[] {
  if (first?.id === undefined || first.deadline === undefined) return [];
  return [{ label: 'Another time…', operation: 'event', line: `${instance.id}${flags} --at`, asks: true }];
}

/** When AWS begins; until the deadline somebody may choose another begin, which is no promise to wait for it. */
export function whenOf({ notBefore, deadline }: Pick<ScheduledEvent, 'notBefore' | 'deadline'>): readonly Piece[] {
  return [
    ...(notBefore === undefined ? [] : [' · begins ', { at: notBefore, style: 'datetime' } as const]),
    ...(deadline === undefined ? [] : [' · movable until ', { at: deadline, style: 'datetime' } as const]),
  ];
}

function dueText(events: readonly ScheduledEvent[], now: number): string {
  const [first] = events;
  const begin = beginOf(events);
  if (begin === undefined) return '';
  if (begin <= now) return ', may begin any moment';
  const deadline = first?.deadline;
  return `, begins in ${duration(begin - now)}${deadline === undefined ? '' : `; movable until ${utc(deadline)}`}`;
}
