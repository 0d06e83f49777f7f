const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How a time is written: a number, at most three decimals, and its unit. */
export const durationPattern = '^(\\d{1,9}(?:\\.\\d{1,3})?)(ms|s|m|h|d)$';

/** `90s` to ms; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  const [, number, unit] = new RegExp(durationPattern).exec(text) ?? [];
  return number === undefined ? undefined : Math.round(Number(number) * unitMs[unit as keyof typeof unitMs]);
}
