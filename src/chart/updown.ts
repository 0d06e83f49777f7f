import type { Chart } from '#ports/pictures.ts';

import { timeAxis } from './lines.ts';
import { colours, fitted, legend, padding, palette, rect, sheet, textAt, width } from './svg.ts';

export type UpDown = Extract<Chart, { kind: 'updown' }>;

const mostRows = 30;
const rowHeight = 26;
const left = 190;
const right = width - padding;
/** Down is also taller than the rest: nobody has to tell states by colour. */
const looks = {
  up: { colour: palette[2], lift: 5 },
  slow: { colour: palette[5], lift: 3 },
  down: { colour: palette[1], lift: 0 },
} as const;

/** One bar a row, in the colour of its state; grey where nothing is known. Pure. */
export function updownSvg({ title, rows, from, to, timezone }: UpDown): string {
  const shown = rows.slice(0, mostRows);
  const x = (at: number) =>
    left + ((Math.min(Math.max(at, from), to) - from) / Math.max(1, to - from)) * (right - left);
  const bottom = 52 + shown.length * rowHeight;
  const more = rows.length - shown.length;
  return sheet(title, bottom + 58 + (more > 0 ? 18 : 0), [
    ...shown.flatMap(({ name, spans }, at) => {
      const y = 50 + at * rowHeight;
      return [
        textAt(left - 10, y + 15, fitted(name, 12, left - padding - 10), { fill: colours.ink, anchor: 'end' }),
        rect(left, y + 5, right - left, rowHeight - 13, colours.grid),
        ...spans.map(({ from: begin, to: end, state }) => {
          const { colour, lift } = looks[state];
          // A short outage stays visible.
          const wide = Math.max(x(end) - x(begin), state === 'up' ? 0 : 2);
          return end < from || begin > to ? '' : rect(x(begin), y + lift, wide, rowHeight - 3 - 2 * lift, colour);
        }),
      ];
    }),
    timeAxis({ from, to, timezone, x, y: bottom + 12 }),
    ...(more > 0 ? [textAt(padding, bottom + 34, `and ${more} more`)] : []),
    legend(
      [
        ...(['up', 'slow', 'down'] as const).map((name) => ({ name, colour: looks[name].colour })),
        { name: 'not known', colour: colours.grid },
      ],
      bottom + 40 + (more > 0 ? 18 : 0),
    ),
  ]);
}
