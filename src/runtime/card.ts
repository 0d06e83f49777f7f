import { asker } from '#lib/asker.ts';
import { duration } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import type { Place } from '#ports/cloud.ts';
import type { Order, RunState } from '#ports/history.ts';
import { deckhand, type GroupId, type UserId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/roles.ts';
import type { Button, Line, Message, Piece, Section } from '#ports/text.ts';

import type { Heard } from './approval.ts';
import type { Freeze } from './freeze.ts';
import { saidIn } from './replies.ts';
import type { FailedUndo } from './saga.ts';

export type Words = { title: string; summary: string; sections: readonly Section[] };
export type StageState = 'waiting' | 'running' | 'done' | 'failed' | 'undone';
export type Stage = { label: string; state: StageState; remark?: string };

/** How a run ended, as its card and its record need it. */
export type Ending = {
  state: RunState;
  result?: Json;
  reason?: string;
  by?: UserId;
  failedUndo?: readonly FailedUndo[];
  /** Something had been changed before it failed. */
  touched?: boolean;
};

/** Everything a run's card shows. */
export type RunView = {
  order: Pick<Order, 'id' | 'requester' | 'because' | 'requestedAt' | 'planHash'>;
  place: Place & { endpoint?: string };
  state: RunState;
  rule: ApprovalRule;
  planned: Words;
  /** Whom to ask, when approval is needed. */
  approvers: { users: readonly UserId[]; groups: readonly GroupId[] };
  given: readonly Heard[];
  /** The one that lasted when it was asked. */
  freeze: Freeze | undefined;
  stages: readonly Stage[];
  /** How the parts of the run stand, in one line; '' while there are none. */
  tally: string;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Who denied or cancelled. */
  endedBy: UserId | undefined;
  outcome: Words | undefined;
  reason: string | undefined;
  failedUndo: readonly FailedUndo[];
  undoLabel: string | undefined;
  undoing: boolean;
  /** It failed after it had changed something. */
  touched: boolean;
};

/** Of what could not be put back; a message of Slack holds 50 blocks. */
const mostShown = 8;

/** The one message of a run, at any moment of its life. Pure. */
export function renderRun(view: RunView): Message {
  const words = view.outcome ?? view.planned;
  return {
    alert: `${stateWord(view)}: ${words.summary}`,
    title: `${words.title} · ${stateWord(view)}`,
    sections: [
      { kind: 'text', lines: [status(view), ...frozen(view)] },
      ...(view.outcome?.sections ?? view.planned.sections).map(saidIn),
      ...progress(view),
      ...trouble(view),
      { kind: 'note', line: footer(view) },
    ],
    buttons: buttons(view),
  };
}

function stateWord(view: RunView): string {
  switch (view.state) {
    case 'waiting':
      if (leftToApprove(view) <= 0) return 'starting';
      return view.rule.kind === 'approve' ? 'needs approval' : 'confirm?';
    case 'running':
      return view.undoing ? 'failed, being undone' : 'running';
    case 'done':
      return 'done';
    case 'undone':
      return view.touched ? 'failed and undone' : 'failed, nothing changed';
    case 'stuck':
      return 'NEEDS A PERSON';
    case 'changed':
      return 'not run: things changed';
    case 'denied':
    case 'expired':
    case 'cancelled':
      return view.state;
  }
}

function status(view: RunView): Line {
  const asked: Piece[] = ['Asked by ', asker(view.order), ' at ', { at: view.order.requestedAt, style: 'time' }, '.'];
  const given = view.given.flatMap((decision): Piece[] => [
    ' ',
    capital(decision.verdict),
    ' by ',
    { user: decision.by },
    ' at ',
    { at: decision.at, style: 'time' },
    '.',
  ]);
  return [...asked, ...given, ...next(view)];
}

/** People decide whether it can wait; nothing is taken from them. */
function frozen({ state, freeze }: RunView): Line[] {
  if (state !== 'waiting' || freeze === undefined) return [];
  const until: Piece = { at: freeze.until, style: 'datetime' };
  return [
    [
      { emoji: 'warning' },
      ' ',
      { bold: `Freeze: ${freeze.name}` },
      ' until ',
      until,
      '. Nothing should change before that. Go on only with what cannot wait.',
    ],
  ];
}

function next(view: RunView): Piece[] {
  const took =
    view.endedAt !== undefined && view.startedAt !== undefined
      ? ` after ${duration(view.endedAt - view.startedAt)}`
      : '';
  switch (view.state) {
    case 'waiting':
      return waitingFor(view);
    case 'running':
      return [view.undoing ? ' Something failed; putting everything back.' : ' Running.'];
    case 'done':
      return [` Done${took}.`];
    case 'undone':
      return [` Failed${took}; everything is as it was before.`];
    case 'stuck':
      return [
        view.outcome === undefined
          ? ` Failed${took}, and not everything could be put back. See below what to do by hand.`
          : ` Ended${took}, but some of it failed and could not be put back. See below what to do by hand.`,
      ];
    case 'expired':
      return [' Nobody answered in time. Nothing was done; ask again if it is still needed.'];
    case 'changed':
      return [' Nothing was done, because it is no longer what was shown. Ask again to see the new plan.'];
    case 'denied':
    case 'cancelled':
      return [
        ` ${capital(view.state)}`,
        ...(view.endedBy === undefined ? [] : [' by ', { user: view.endedBy }]),
        '. Nothing was done.',
      ];
  }
}

function waitingFor(view: RunView): Piece[] {
  if (view.rule.kind === 'none') return [' Starting.'];
  const until: Piece[] = [' until ', { at: view.order.requestedAt + view.rule.expiresMs, style: 'datetime' }, '.'];
  if (view.rule.kind === 'confirm')
    return leftToApprove(view) <= 0
      ? [' Starting.']
      : [` Waits for ${view.order.requester === deckhand ? 'an operator to confirm' : 'your confirmation'}`, ...until];
  const people: Piece[] = [
    ...view.approvers.groups.map((group): Piece => ({ group })),
    ...view.approvers.users.slice(0, 5).map((user): Piece => ({ user })),
  ];
  const who =
    people.length > 0
      ? people.flatMap((piece, at) => (at === 0 ? [piece] : [', ', piece]))
      : [`anybody with the ${view.rule.role} role (nobody has it yet)`];
  const left = leftToApprove(view);
  if (left <= 0) return [' Starting.'];
  return [
    ` Waits for ${left === 1 ? 'the approval of another person' : `${left} approvals by other people`} (`,
    ...who,
    ')',
    ...until,
  ];
}

function leftToApprove({ rule, given }: RunView): number {
  const needed = { none: 0, confirm: 1, approve: rule.kind === 'approve' ? rule.count : 0 };
  return needed[rule.kind] - given.length;
}

function progress(view: RunView): Section[] {
  if (view.startedAt === undefined || view.stages.length === 0) return [];
  const steps = view.stages.map(({ label, state, remark }) => ({
    label: remark === undefined ? label : `${label}: ${remark}`,
    state,
  }));
  const tally: Section[] = view.tally === '' ? [] : [{ kind: 'text', lines: [[{ bold: view.tally }]] }];
  return [...tally, { kind: 'steps', steps }];
}

function trouble(view: RunView): Section[] {
  const reason: Section[] = view.reason === undefined ? [] : [{ kind: 'facts', facts: [['Why', view.reason]] }];
  const manual = view.failedUndo.slice(0, mostShown).flatMap(({ name, why, manual }): Section[] => [
    { kind: 'text', lines: [[{ bold: `Could not ${name}` }, `: ${why}`], 'Type this when the cause is gone:'] },
    { kind: 'code', text: manual },
  ]);
  const more: Section[] =
    view.failedUndo.length <= mostShown
      ? []
      : [
          {
            kind: 'text',
            lines: [`And ${view.failedUndo.length - mostShown} more: type \`/deck runs ${view.order.id}\` for all.`],
          },
        ];
  return [...reason, ...manual, ...more];
}

function footer(view: RunView): Line {
  return [`${view.order.id} · ${placeLabel(view.place)} · plan ${view.order.planHash.slice(0, 8)}`];
}

function buttons(view: RunView): Button[] {
  if (view.state === 'waiting' && leftToApprove(view) <= 0) return [];
  if (view.state === 'waiting') {
    if (view.rule.kind === 'approve') {
      return [
        {
          verb: 'approve',
          label: 'Approve',
          style: 'primary',
          confirm: { title: 'Approve this plan?', text: view.planned.summary, yes: 'Approve' },
        },
        { verb: 'deny', label: 'Deny', style: 'danger' },
        { verb: 'cancel', label: 'Cancel' },
      ];
    }
    return [
      { verb: 'confirm', label: 'Confirm', style: 'primary' },
      { verb: 'cancel', label: 'Cancel' },
    ];
  }
  if ((view.state === 'done' || view.state === 'stuck') && view.undoLabel !== undefined)
    return [{ verb: 'undo', label: view.undoLabel }];
  return [];
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}
