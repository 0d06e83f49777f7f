import type { Spell } from '#ports/pictures.ts';

import { colours, palette, rect } from './svg.ts';

/** Down is also taller than the rest: nobody has to tell states by colour. `lift`: px that a state is lower than the bar. */
export const looks = {
  up: { colour: palette[2], lift: 5 },
  slow: { colour: palette[5], lift: 3 },
  down: { colour: palette[1], lift: 0 },
} as const satisfies Record<Spell['state'], { colour: string; lift: number }>;

/** For the legend, in this order. */
export const stateNames = [
  ...(['up', 'slow', 'down'] as const).map((name) => ({ name: name as string, colour: looks[name].colour as string })),
  { name: 'not known', colour: colours.grid as string },
];

export const barHeight = 23;

/** One bar in the colours of its states; grey where nothing is known. `x` keeps instants inside `left` and `right`. */
export function stateBar(
  spans: readonly Spell[],
  at: { from: number; to: number; x: (instant: number) => number; y: number; left: number; right: number },
): readonly string[] {
  const { from, to, x, y, left, right } = at;
  return [
    rect(left, y + 5, right - left, barHeight - 10, colours.grid),
    ...spans.map(({ from: begin, to: end, state }) => {
      const { colour, lift } = looks[state];
      // A short outage stays visible.
      const wide = Math.max(x(end) - x(begin), state === 'up' ? 0 : 2);
      return end < from || begin > to ? '' : rect(x(begin), y + lift, wide, barHeight - 2 * lift, colour);
    }),
  ];
}
