import { short, stepsTo } from './scale.ts';
import { colours, lineAt, padding, textAt, width } from './svg.ts';

/** Where values stand in a chart with a value axis. */
export const height = 330;
export const plot = { top: 66, bottom: height - 62, left: 70, right: width - padding };

/** A value axis from 0 to a round number above `most`: where a value stands, and the lines and labels of it. */
export function valueAxis(most: number, unit: string, leastStep = 0): { y: (value: number) => number; drawn: string } {
  const steps = stepsTo(most, leastStep);
  const top = steps.at(-1) ?? 1;
  const y = (value: number) => plot.bottom - (value / top) * (plot.bottom - plot.top);
  const drawn = [
    textAt(padding, plot.top - 16, unit, { size: 11 }),
    ...steps.flatMap((value) => [
      lineAt(plot.left, y(value), plot.right, y(value), colours.grid),
      textAt(plot.left - 8, y(value) + 4, short(value), { anchor: 'end' }),
    ]),
  ];
  return { y, drawn: drawn.join('') };
}
