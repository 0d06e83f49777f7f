import type { z } from 'zod';

import type { Words } from '#lib/words.ts';
import type { AutomaticRequest } from '#ports/automatic.ts';
import type { FormField } from '#ports/chat.ts';
import type { Cloud, Place } from '#ports/cloud.ts';
import type { Where } from '#ports/clouds.ts';
import type { History, Run } from '#ports/history.ts';
import type { ChannelId, RunId, UserId } from '#ports/ids.ts';
import type { IncidentAct } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import type { CheckFigures, SiteDesk, SiteView } from '#ports/managed-sites.ts';
import type { Platform } from '#ports/platform.ts';
import type { ApprovalRule, Role } from '#ports/roles.ts';
import type { Settings } from '#ports/settings.ts';
import type { Terraform } from '#ports/terraform.ts';
import type { Line, Message, Section } from '#ports/text.ts';
import type { SnapshotSchedule } from '#ports/timed-settings.ts';
import type { VantagePoint } from '#ports/vantage.ts';

import type { Story } from './story-contract.ts';

/**
 * What one declares to add an operation: one folder (that of the verb it stands below, for `sites-add`) with `operation.ts` (this, and the story), `plan.ts` (pure) and
 * `messages.ts` (all words), and one line in `operations/index.ts`. Slash commands, manifest, IAM policy, help and the
 * docs tables are made from the list.
 */
export type Operation = AnswerOperation | ChangeOperation | RedirectOperation | PressOperation;

/** What asking, planning and checking may use: reads only. */
export type Asking = {
  /** Of the place that was asked about: home, or what `--account` and `--region` name. */
  cloud: Cloud;
  /** Scripts, Auto Scaling, ECS, load balancers, keys, objects, Docker. Here for reads only. */
  platform: Platform;
  /** What Terraform knows of the servers, from the states that the settings name. */
  terraform: Terraform;
  history: History;
  settings: Settings;
  /** Any other place that Deckhand works in. */
  at: (where: Where) => Cloud;
  /** The services beside it, likewise. */
  platformAt: (where: Where) => Platform;
  /** Where `cloud` is. */
  place: Place & { endpoint?: string };
  /** All that were asked about, `cloud`'s first; several only for an operation that is `everywhere`. */
  everywhere: readonly { place: Place; cloud: Cloud; platform: Platform }[];
  /** Every place there is, home first. */
  places: readonly Place[];
  now: number;
  requester: UserId;
  channel: ChannelId;
  /** The operations this person may run, for help. */
  allowed: readonly Operation[];
  /** The commands as people type them here (`COMMAND_PREFIX` applied): `/deck`, `/restore`. */
  commandOf: (operation: Pick<Operation, 'name' | 'command'>) => string;
  /** The watched sites and how they are, for `/deck sites`. */
  sites: () => Promise<readonly SiteView[]>;
  /** How the checks themselves go; undefined where another replica makes them. */
  checks: () => CheckFigures | undefined;
  /** The other places that confirm outages; empty without any. */
  vantage: () => readonly VantagePoint[];
  /** The sites as they are managed, in deckhand.yml and here. */
  desk: SiteDesk;
  /** Uptime, response times, charts and CSV of one site. Refusal "not-found" for an unknown one. */
  siteHistory: (name: string, span: 'day' | 'week' | 'month') => Promise<Answer>;
  /** Why a site must not be mended now; undefined: it is down, looked at this moment. Throws Transient with the store. */
  whyNotMend: (site: string) => Promise<string | undefined>;
  /** The snapshot schedules and how they are, for `/deck schedules`. */
  schedules: () => Promise<readonly ScheduleView[]>;
};
/** As IAM writes it: `ec2:CreateVolume`, `ssm:SendCommand`. */
export type AwsAction =
  `${'ec2' | 'ssm' | 'autoscaling' | 'ecs' | 'elasticloadbalancing' | 'kms' | 's3' | 'sts' | 'dlm'}:${string}`;

export type ScheduleView = {
  schedule: SnapshotSchedule;
  /** The next three slots. */
  next: readonly number[];
  /** The slots of the coming year that a change of the clock moves. */
  clockChanges: readonly { at: number; kind: 'skipped' | 'repeated' }[];
  /** Without a run: the slot was left out. */
  last: { slot: number; run: Run | undefined } | undefined;
  /** How its volumes were at the last look. `oldestAt`: the oldest of the newest completed snapshots, where all have one. */
  backups: { at: number; volumes: number; late: number; oldestAt?: number | undefined } | undefined;
};

/** `A`: parsed arguments. Plain JSON; checked again by `args` when an order is loaded. */
type Declared<A> = {
  /** Verb, a–z: `restore`; one below another after a dash: `sites-add`, typed `/deck sites add`. Stored; never rename. */
  name: string;
  /** Own slash command without slash; undefined = only `/deck NAME`. */
  command: string | undefined;
  /** One line for help: what it does for the person. */
  summary: string;
  /** After the command: `<volume or instance> [--from snap-…|latest|before <time>]`. */
  usage: string;
  /** Arguments only, ready to copy. */
  examples: readonly string[];
  role: Role;
  /** Every AWS action it may call; the IAM policy is made from it. */
  iam: readonly AwsAction[];
  /** Can do its work, or some of it, while AWS cannot be asked where we are; it asks `cloud.place()` itself before it touches AWS. */
  withoutAws?: boolean;
  args: z.ZodType<A>;
  /** Typed words to arguments. Throws Refusal "bad-input" that names the problem and an example. */
  parse: (words: Words) => A;
  /** Shown when no arguments were typed; `line` makes the typed line from the form's values. */
  form?: {
    title: string;
    submit: string;
    fields: readonly FormField[];
    line: (values: Readonly<Record<string, string>>) => string;
    /** The fields filled in for a line that names what to change but no change; undefined = the line says enough. */
    fill?: (words: Words, desk: SiteDesk) => Promise<readonly FormField[] | undefined>;
    /** What is wrong, by field, beyond what `parse` finds. */
    check?: (args: A, desk: SiteDesk) => Promise<Readonly<Record<string, string>>>;
  };
};

/** Looks something up and says it, to the person who asked. Changes nothing. */
// oxlint-disable-next-line typescript/no-explicit-any -- the list holds operations of different arguments
export type AnswerOperation<A = any> = Declared<A> & {
  kind: 'answer';
  /** Takes `--account all` and `--region all`, and answers from `asking.everywhere`. */
  everywhere?: boolean;
  /** `page` counts from 0. Buttons `previous`/`next`/`details`/`refresh` ask again with `page` and `details`. */
  answer: (asking: Asking, args: A, view: { page: number; details: boolean }) => Promise<Answer>;
};
/** `files`: what is too long for a message; sent to the person in a direct message when it was asked, not on the next page. */
export type Answer = Message & { files?: readonly TextFile[] };

/** Stands for another operation's order (`undo r-…`). */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type RedirectOperation<A = any> = Declared<A> & {
  kind: 'redirect';
  redirect: (
    asking: Asking,
    args: A,
    list: readonly Operation[],
  ) => Promise<{ operation: string; args: Json; undoes: RunId; place: Where | undefined }>;
};

/** Stands for a button on the card of an incident: nobody gets more by it than by the button. Its effect is shown at once. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type PressOperation<A = any> = Declared<A> & {
  kind: 'press';
  /** Which button, of which open incident. Throws Refusal that names what there is. */
  press: (asking: Asking, args: A) => Promise<IncidentAct>;
};

/** Changes something. `P`: the plan, plain JSON. `R`: the result, plain JSON. */
// oxlint-disable-next-line typescript/no-explicit-any -- as above
export type ChangeOperation<A = any, P = any, R = any> = Declared<A> & {
  kind: 'change';
  /** When deckhand.yml says nothing. */
  approval: ApprovalRule;
  /** Goes first when the API budget is short: work that brings something back. */
  urgent?: boolean;
  /** The setting under `limits` that bounds how many resources it may touch; left out: `resources`. */
  breadth?: 'resources' | 'deletions' | 'tags';
  /** Gathers facts, decides (plan.ts), refuses what cannot work, before anybody is asked. Changes nothing. */
  plan: (asking: Asking, args: A) => Promise<P>;
  /** What is no longer as planned; empty = still true. Read again right before the work starts. */
  check: (asking: Asking, plan: P) => Promise<readonly string[]>;
  /** Ids the run works on; two runs never hold the same one. */
  resources: (plan: P) => readonly string[];
  /** Labels of the stages, in order, for the card's checklist. */
  stages: (plan: P) => readonly string[];
  /** The work. Ends `done`, or throws and is undone. Deterministic: everything through `story`. */
  story: (story: Story, plan: P) => Promise<R>;
  /**
   * The story of one part, for a change that works on many things side by side (`story.parts`): a run of its own, with
   * its own undo. `plan`: what its entry in the list carries.
   */
  part?: (story: Story, plan: Json) => Promise<Json>;
  words: {
    /** `summary`: one line, literal. `sections`: exactly what will happen, cost, consequences, how it is undone. */
    planned: (
      plan: P,
      asking: Pick<Asking, 'now' | 'place'>,
    ) => { title: string; summary: string; sections: readonly Section[] };
    done: (plan: P, result: R) => { title: string; summary: string; sections: readonly Section[] };
  };
  /** What of it failed although it ended done, for a run that nobody watched; empty or left out = all is well. */
  failures?: (plan: P, result: R) => readonly Line[];
  /** What Deckhand asks by itself once this is done, each once; how that goes is told apart from this run. Pure. */
  next?: (plan: P, result: R) => readonly FollowUp[];
  /**
   * Text files for the card's thread, for what is too long for a card: with the plan (`result` undefined), and with the result
   * at its end. Pure.
   */
  files?: (plan: P, result: R | undefined) => readonly TextFile[];
  /** The order that puts it back, while that is possible. */
  inverse?: (plan: P, result: R) => { label: string; args: A } | undefined;
};

/** Work that follows a run. `key`: unique among what follows it. Left out `place`: that of the run. */
export type FollowUp = Pick<AutomaticRequest, 'operation' | 'args' | 'approval' | 'because' | 'place'> & {
  key: string;
};

/** A file for the card's thread; `name` with its ending. */
export type TextFile = { name: string; title: string; text: string };

/** Declares an operation with its own types and gives it to the list. */
export function defineChange<A, P, R>(operation: ChangeOperation<A, P, R>): ChangeOperation<A, P, R> {
  return operation;
}
export function defineAnswer<A>(operation: AnswerOperation<A>): AnswerOperation<A> {
  return operation;
}

export function defineRedirect<A>(operation: RedirectOperation<A>): RedirectOperation<A> {
  return operation;
}

export function definePress<A>(operation: PressOperation<A>): PressOperation<A> {
  return operation;
}
