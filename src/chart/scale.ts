/** Values beyond are no measurement; numbers this large would not even add up. */
const largest = 1e15;

/** True for what can stand in a chart: from 0 up. */
export function isDrawable(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= largest;
}

/** Round steps for an axis from 0: 1, 2 or 5 times a power of ten, so that at most five lines are needed; `least`: no smaller one. */
export function stepsTo(most: number, least = 0): readonly number[] {
  // Powers of ten below this would end in numbers that cannot be divided.
  const top = Number.isFinite(most) && most > 1e-12 ? most : 1;
  const raw = top / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(least, power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10));
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, at) => at * step);
}

/** `1.5k`, `20`, `0.05`. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trimmed(value / 1e9)}G`;
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  return trimmed(value);
}

function trimmed(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Below this span the labels of minutes would repeat themselves. */
const shortMs = 12 * 60_000;

/** Instants for the labels below, evenly, and how to write them: hours within two days, with seconds in a short one, else days. */
export function ticks(from: number, to: number, timezone: string): readonly { at: number; text: string }[] {
  const wide = to - from > 48 * 3_600_000;
  const seconds = to > from && to - from < shortMs ? ({ second: '2-digit' } as const) : {};
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    ...(wide ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', ...seconds }),
  });
  const most = 6;
  return Array.from({ length: most + 1 }, (_, at) => {
    const instant = from + ((to - from) * at) / most;
    return { at: instant, text: format.format(instant) };
  });
}
