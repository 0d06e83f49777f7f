/** A value at an instant (epoch ms); `undefined` is a gap: nothing was measured. */
export type Point = { at: number; value: number | undefined };

/** How something was from one instant to another. */
export type Spell = { from: number; to: number; state: 'up' | 'slow' | 'down' };

/**
 * What a chart shows, as data. All text is literal. Instants are epoch ms and shown in `timezone` (an IANA name). What
 * does not fit is left out and counted, so any amount may be given.
 */
export type Chart = { title: string } & (
  | {
      /**
       * One line a series over time, for example p50 and p95 in ms; `limit` is a dashed line across. `states`: a bar below,
       * on the same time, as in `updown`.
       */
      kind: 'lines';
      timezone: string;
      unit: string;
      series: readonly { name: string; points: readonly Point[] }[];
      limit?: { value: number; name: string };
      states?: readonly Spell[];
    }
  | {
      /** A bar a row from `from` to `to`, in the colour of its state; what no span covers is unknown. `more`: rows not given. */
      kind: 'updown';
      timezone: string;
      from: number;
      to: number;
      rows: readonly { name: string; spans: readonly Spell[] }[];
      more?: number;
    }
  | {
      /** Stacked bars: a label and a value for each part, in the order of `parts`. */
      kind: 'bars';
      unit: string;
      parts: readonly string[];
      bars: readonly { label: string; values: readonly number[] }[];
    }
);

/** A PNG, and the same in words: for screen readers, and for where the picture cannot be shown. */
export type Picture = { bytes: Uint8Array; alt: string };

export type Pictures = {
  /** Draws a chart: 800 × 300 and more, at twice the density. Takes about 50 ms; the first one loads the renderer. Repeatable. */
  draw: (chart: Chart) => Promise<Picture>;
};
