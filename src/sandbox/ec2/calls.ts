import type { Form } from './form.ts';

export type LoggedCall = {
  at: number;
  action: string;
  params: Readonly<Record<string, string>>;
  dryRun: boolean;
  /** 0 while there is no answer, and for ever when none was given. */
  status: number;
  code: string;
};

export type CallLog = {
  /** Notes a call when it comes in. */
  begin: (action: string, form: Form, dryRun: boolean) => LoggedCall;
  /** Notes how it was answered. */
  answered: (call: LoggedCall, status: number, code: string) => void;
  /** `throttled`: how many of each action were answered RequestLimitExceeded; they are among `byAction` too. */
  counts: () => Record<'byAction' | 'dryRuns' | 'throttled', Record<string, number>> & { total: number };
  recent: () => readonly LoggedCall[];
};

const mostKept = 200;
const mostParameters = 12;
const longestValue = 80;

export function createCallLog(now: () => number): CallLog {
  const byAction = new Map<string, number>();
  const dryRuns = new Map<string, number>();
  const throttled = new Map<string, number>();
  let recent: LoggedCall[] = [];
  let total = 0;
  return {
    begin: (action, form, dryRun) => {
      countUp(dryRun ? dryRuns : byAction, action);
      total += 1;
      const call: LoggedCall = { at: now(), action, params: short(form), dryRun, status: 0, code: '' };
      recent = [...recent.slice(1 - mostKept), call];
      return call;
    },
    answered: (call, status, code) => {
      call.status = status;
      call.code = code;
      if (code === 'RequestLimitExceeded') countUp(throttled, call.action);
    },
    // A dry run asks whether it could; what was done is counted apart from it.
    counts: () => ({
      total,
      byAction: Object.fromEntries(byAction),
      dryRuns: Object.fromEntries(dryRuns),
      throttled: Object.fromEntries(throttled),
    }),
    recent: () => recent,
  };
}

function countUp(counts: Map<string, number>, action: string): void {
  counts.set(action, (counts.get(action) ?? 0) + 1);
}

function short(form: Form): Record<string, string> {
  // A presigned address is as good as the keys it was signed with.
  const entries = [...form].filter(([name]) => !['Action', 'Version', 'DryRun', 'PresignedUrl'].includes(name));
  const cut = entries
    .slice(0, mostParameters)
    .map(([name, value]): [string, string] => [
      name,
      value.length > longestValue ? `${value.slice(0, longestValue)}…` : value,
    ]);
  const rest = entries.length - cut.length;
  return Object.fromEntries(rest > 0 ? [...cut, ['…', `${rest} more`]] : cut);
}
