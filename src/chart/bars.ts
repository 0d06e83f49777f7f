import type { Chart } from '#ports/pictures.ts';

import { height, plot, valueAxis } from './frame.ts';
import { isDrawable } from './scale.ts';
import { colours, fitted, legend, palette, rect, sheet, textAt } from './svg.ts';

export type Bars = Extract<Chart, { kind: 'bars' }>;

const mostBars = 40;

/** Stacked bars from 0 up. Pure. */
export function barsSvg({ title, unit, parts, bars }: Bars): string {
  const shown = bars.slice(-mostBars);
  const left = bars.length - shown.length;
  // Nobody counts half a thing.
  const isCounted = shown.every(({ values }) => values.every(Number.isInteger));
  const { y, drawn } = valueAxis(Math.max(...shown.map(({ values }) => sum(values)), 0), unit, isCounted ? 1 : 0);
  const room = (plot.right - plot.left) / Math.max(1, shown.length);
  const wide = Math.min(60, room * 0.7);
  // Labels that would touch are left out, evenly.
  const every = Math.max(1, Math.ceil(46 / room));
  return sheet(title, height, [
    drawn,
    ...(left > 0
      ? [textAt(plot.right, plot.top - 16, `${left} earlier ones are not shown`, { size: 11, anchor: 'end' })]
      : []),
    ...shown.flatMap(({ label, values }, at) => {
      const middle = plot.left + (at + 0.5) * room;
      let base = 0;
      const stack = values.map((value, part) => {
        const from = base;
        base += positive(value);
        return rect(middle - wide / 2, y(base), wide, y(from) - y(base), palette[part % palette.length] ?? colours.ink);
      });
      const named =
        at % every === 0
          ? [textAt(middle, plot.bottom + 18, fitted(label, 11, room * every), { size: 11, anchor: 'middle' })]
          : [];
      return [...stack, ...named];
    }),
    legend(
      parts.map((name, at) => ({ name, colour: palette[at % palette.length] ?? colours.ink })),
      height - 18,
    ),
  ]);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + positive(value), 0);
}

function positive(value: number): number {
  return isDrawable(value) ? value : 0;
}
