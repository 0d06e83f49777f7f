import { duration } from '#lib/format.ts';
import type { PartState } from '#ports/history.ts';

import type { Stage, StageState } from './card.ts';

/** Where a part is, as far as this process has heard; the record of the parts says how it ended. */
export type Whereabouts = { stage: number; remark?: string; undoing: boolean };
export type Tally = { total: number; done: number; failed: number; stuck: number; skipped: number };

/** What the card of a run of many parts shows. */
export type Progress = { stages: readonly Stage[]; tally: string; undoing: boolean };

/** The stages of all parts taken together, and a line that counts them. Pure. */
export function progressOf(
  labels: readonly string[],
  of: { states: ReadonlyMap<string, PartState>; where: ReadonlyMap<string, Whereabouts>; leftMs: number | undefined },
): Progress {
  const keys = [...of.states.keys()];
  const alive = keys.filter((key) => isAlive(of.states.get(key)!, of.where.get(key)));
  const only = keys.length === 1 ? of.where.get(keys[0]!) : undefined;
  const undoing = alive.length === 0 && keys.some((key) => of.where.get(key)?.undoing === true);
  const stages = labels.map((label, index): Stage => {
    const passed = alive.filter((key) => isPast(index, of.states.get(key)!, of.where.get(key))).length;
    const here = alive.filter((key) => of.states.get(key) === 'running' && of.where.get(key)?.stage === index).length;
    const state = stateOf({ passed, here, alive: alive.length });
    const remark = keys.length === 1 ? (here > 0 ? only?.remark : undefined) : remarkOf(state, passed, alive.length);
    return { label, state, ...(remark === undefined ? {} : { remark }) };
  });
  return { stages, tally: keys.length === 1 ? '' : tallyLine(tallyOf(of.states.values()), of.leftMs), undoing };
}

export function tallyOf(states: Iterable<PartState>): Tally {
  const tally = { total: 0, done: 0, failed: 0, stuck: 0, skipped: 0 };
  for (const state of states) {
    tally.total += 1;
    if (state === 'done') tally.done += 1;
    else if (state === 'undone') tally.failed += 1;
    else if (state === 'stuck') tally.stuck += 1;
    else if (state === 'skipped') tally.skipped += 1;
  }
  return tally;
}

/** Goes on: neither failed nor being put back. */
function isAlive(state: PartState, where: Whereabouts | undefined): boolean {
  return state === 'done' || state === 'waiting' || (state === 'running' && where?.undoing !== true);
}

function isPast(index: number, state: PartState, where: Whereabouts | undefined): boolean {
  return state === 'done' || (state === 'running' && (where?.stage ?? 0) > index);
}

function stateOf({ passed, here, alive }: { passed: number; here: number; alive: number }): StageState {
  if (alive > 0 && passed === alive) return 'done';
  return passed + here > 0 ? 'running' : 'waiting';
}

function remarkOf(state: StageState, passed: number, alive: number): string | undefined {
  return state === 'running' ? `${passed} of ${alive}` : undefined;
}

function tallyLine({ total, done, failed, stuck, skipped }: Tally, leftMs: number | undefined): string {
  const left = total - done - failed - stuck - skipped;
  const parts = [
    `${done} of ${total} done`,
    failed > 0 ? `${failed} failed and put back` : '',
    stuck > 0 ? `${stuck} NEED A PERSON` : '',
    skipped > 0 ? `${skipped} not begun` : '',
    left > 0 && leftMs !== undefined ? `about ${duration(leftMs)} left` : '',
  ];
  return `${parts.filter((part) => part !== '').join(', ')}.`;
}

/**
 * How long the rest will take, from how fast parts have ended so far: after the first few, they come at the rate of
 * whatever is scarce. Undefined while too few have ended to say.
 */
export function timeLeft(of: { now: number; total: number; ended: number; firstEndAt: number | undefined }) {
  const { now, total, ended, firstEndAt } = of;
  if (firstEndAt === undefined || ended < 5 || now <= firstEndAt) return undefined;
  return ((total - ended) * (now - firstEndAt)) / (ended - 1);
}
