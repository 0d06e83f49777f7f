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
  /** Notes a call when it comes in. Fill in `status` and `code` when it is answered. */
  begin: (action: string, form: Form, dryRun: boolean) => LoggedCall;
  counts: () => { total: number; byAction: Record<string, number>; dryRuns: Record<string, number> };
  recent: () => readonly LoggedCall[];
};

const mostKept = 200;
const mostParameters = 12;
const longestValue = 80;

export function createCallLog(now: () => number): CallLog {
  const byAction = new Map<string, number>();
  const dryRuns = new Map<string, number>();
  let recent: LoggedCall[] = [];
  let total = 0;
  return {
    begin: (action, form, dryRun) => {
      const counted = dryRun ? dryRuns : byAction;
      counted.set(action, (counted.get(action) ?? 0) + 1);
      total += 1;
      const call: LoggedCall = { at: now(), action, params: short(form), dryRun, status: 0, code: '' };
      recent = [...recent.slice(1 - mostKept), call];
      return call;
    },
    // A dry run asks whether it could; what was done is counted apart from it.
    counts: () => ({ total, byAction: Object.fromEntries(byAction), dryRuns: Object.fromEntries(dryRuns) }),
    recent: () => recent,
  };
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
