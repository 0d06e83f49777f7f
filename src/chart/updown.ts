import type { Chart } from '#ports/pictures.ts';

import { timeAxis } from './lines.ts';
import { stateBar, stateNames } from './state-bar.ts';
import { colours, fittedInside, legend, padding, sheet, textAt, width } from './svg.ts';

export type UpDown = Extract<Chart, { kind: 'updown' }>;

const mostRows = 30;
const rowHeight = 26;
const left = 190;
const right = width - padding;
/** One bar a row, in the colour of its state; grey where nothing is known. Pure. */
export function updownSvg({ title, rows, from, to, timezone, more: others = 0 }: UpDown): string {
  const shown = rows.slice(0, mostRows);
  const x = (at: number) =>
    left + ((Math.min(Math.max(at, from), to) - from) / Math.max(1, to - from)) * (right - left);
  const bottom = 52 + shown.length * rowHeight;
  const more = rows.length - shown.length + others;
  return sheet(title, bottom + 58 + (more > 0 ? 18 : 0), [
    ...shown.flatMap(({ name, spans }, at) => {
      const y = 50 + at * rowHeight;
      return [
        textAt(left - 10, y + 15, fittedInside(name, 12, left - padding - 10), { fill: colours.ink, anchor: 'end' }),
        ...stateBar(spans, { from, to, x, y, left, right }),
      ];
    }),
    timeAxis({ from, to, timezone, x, y: bottom + 12 }),
    ...(more > 0 ? [textAt(padding, bottom + 34, `and ${more} more`)] : []),
    legend(stateNames, bottom + 40 + (more > 0 ? 18 : 0)),
  ]);
}
