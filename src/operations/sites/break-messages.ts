import { duration } from '#lib/format.ts';

import type { Words } from './messages.ts';

export type BreakKind = 'pause' | 'silence' | 'maintenance';

export type BreakPlan = {
  kind: BreakKind;
  names: readonly string[];
  forMs: number | null;
  end: boolean;
  reason: string | null;
};

const doing = {
  pause: ['Pause', 'Resume', 'Not checked at all; an open alert is closed.', 'Checked again from now on.'],
  silence: [
    'Silence',
    'End the silence of',
    'Checks go on. Nothing new is told; an open alert goes on being edited, and notifies nobody.',
    'What is wrong by then is told.',
  ],
  maintenance: [
    'Maintenance of',
    'End the maintenance of',
    'Checks go on, nothing is told; afterwards only what differs from before.',
    'Only what differs from before is told.',
  ],
} as const satisfies Record<BreakKind, readonly [string, string, string, string]>;

/** `1 h` for 1h, which a rounded time would call 60 min. */
function asTyped(ms: number): string {
  const hours = ms / 3_600_000;
  return Number.isInteger(hours) && hours < 48 ? `${hours} h` : duration(ms);
}

export function breakPlanned({ kind, names, forMs, end, reason }: BreakPlan): Words {
  const [begins, ends, meaning, after] = doing[kind];
  const time = end ? '' : forMs === null ? ' until it is resumed' : ` for ${asTyped(forMs)}`;
  const title = `${end ? ends : begins} ${names.length > 3 ? `${names.length} sites` : names.join(', ')}${time}`;
  return {
    title,
    summary: title,
    sections: [
      ...(names.length > 3 ? [{ kind: 'text', lines: [names.join(', ')] } as const] : []),
      ...(reason === null ? [] : [{ kind: 'facts', facts: [['Reason', reason]] } as const]),
      { kind: 'note', line: end ? after : meaning },
    ],
  };
}
