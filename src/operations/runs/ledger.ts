import type { PartRecord, PartState } from '#ports/history.ts';
import type { Button, Line, Section } from '#ports/text.ts';

const pageSize = 15;
/** What needs a person comes first, what is done last. */
const order: readonly PartState[] = ['stuck', 'undone', 'skipped', 'running', 'waiting', 'done'];
const words: Readonly<Record<PartState, string>> = {
  stuck: 'NEEDS A PERSON',
  undone: 'failed, as before',
  skipped: 'not begun',
  running: 'at work',
  waiting: 'waiting',
  done: 'done',
};

/** How each part of a run stands, a page of them. */
export function ledger(parts: readonly PartRecord[], page: number): { sections: Section[]; buttons: Button[] } {
  if (parts.length === 0) return { sections: [], buttons: [] };
  const sorted = parts.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  const shown = sorted.slice(page * pageSize, (page + 1) * pageSize);
  return {
    sections: [
      { kind: 'text', lines: [[{ bold: tally(parts) }]] },
      { kind: 'list', items: shown.map(lineOf) },
      ...shown.flatMap(({ failedUndo }) => failedUndo).map(({ manual }): Section => ({ kind: 'code', text: manual })),
    ],
    buttons: [
      ...(page > 0 ? [{ verb: 'previous', label: 'Back' } as const] : []),
      ...(sorted.length > (page + 1) * pageSize ? [{ verb: 'next', label: 'More' } as const] : []),
    ],
  };
}

function tally(parts: readonly PartRecord[]): string {
  const counted = order.map((state) => ({ state, n: parts.filter((part) => part.state === state).length }));
  return `${counted
    .filter(({ n }) => n > 0)
    .map(({ state, n }) => `${n} ${words[state]}`)
    .join(', ')}.`;
}

function lineOf({ label, state, reason, failedUndo }: PartRecord): Line {
  const why = reason === undefined ? '' : `: ${reason.slice(0, 200)}`;
  const undo = failedUndo.map(({ name, why: cause }) => ` Could not ${name}: ${cause}.`).join('');
  return [{ bold: label }, ` ${words[state]}${why}${undo}`];
}
