/** One measured figure: a ratio or a count of this run. Lower is better unless `better` says otherwise. */
export type Figure = {
  figure: string;
  /** Undefined: could not be measured here; `against` says why. */
  value: number | undefined;
  target: number;
  /** What the value counts: `x floor`, `% of calls`, `MB`. */
  unit: string;
  /** What it is measured against. */
  against: string;
  better?: 'higher';
  /** How long the measured part took: on the wall, and in the time of the simulated AWS. */
  seconds?: { real: number; simulated: number };
  /** What else a reader wants to know, a line each. */
  notes?: readonly string[];
};

export function isMet({ value, target, better }: Figure): boolean {
  if (value === undefined) return false;
  return better === 'higher' ? value >= target : value <= target;
}

/** A line for people, with the notes below it. */
export function forPeople(of: Figure): string {
  const { figure, value, target, unit, against, better, seconds, notes = [] } = of;
  const bound = better === 'higher' ? 'at least' : 'at most';
  const took =
    seconds === undefined ? '' : `; took ${seconds.real.toFixed(1)} s, simulated ${seconds.simulated.toFixed(1)} s`;
  const verdict = value === undefined ? 'ABSENT' : isMet(of) ? 'met   ' : 'MISSED';
  const line = `${verdict} ${figure}: ${round(value) ?? 'not measured'} ${unit} (${bound} ${target}, against ${against}${took})`;
  return [line, ...notes.map((note) => `         ${note}`)].join('\n');
}

/** A JSON line for machines. */
export function forMachines(of: Figure): string {
  return JSON.stringify({ ...of, value: round(of.value) ?? null });
}

function round(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(4));
}
