import type { Json } from '#ports/json.ts';

import type { Form } from './form.ts';
import { statusOf } from './problems.ts';

/** One thing that shall go wrong with the next calls of an action. */
export type Injection = {
  /** `*` = any. */
  action: string;
  code?: string | undefined;
  status?: number | undefined;
  message?: string | undefined;
  times: number;
  /** The work is done first: a reply that gets lost. */
  afterWork?: boolean | undefined;
  /** Ms without an answer; then the rest of this, or the usual answer. */
  hangMs?: number | undefined;
  dropSocket?: boolean | undefined;
  /** Only calls with these parameters. */
  match?: Readonly<Record<string, string>> | undefined;
};

export type Trouble = {
  afterWork: boolean;
  hangMs: number;
  /** What is answered instead, if anything. */
  answer: { kind: 'drop' } | { kind: 'error'; code: string; status: number; message: string } | undefined;
};

/** Faults in force. They are not written down: a new start of the sandbox has none. */
export type FaultBoard = {
  inject: (injection: Injection) => void;
  deny: (patterns: readonly string[]) => void;
  /** Takes denials back; `*` takes all back. */
  allow: (patterns: readonly string[]) => void;
  failSnapshots: (times: number) => void;
  failVolumes: (times: number) => void;
  setLag: (ms: number) => void;
  /** The trouble of this call, used up by asking. */
  next: (action: string, form: Form) => Trouble | undefined;
  nextSnapshotFails: () => boolean;
  nextVolumeFails: () => boolean;
  denied: () => readonly string[];
  lagMs: () => number;
  clear: () => void;
  /** What is in force, as it was asked for. */
  list: () => readonly Json[];
};

export function createFaultBoard(usualLagMs: number): FaultBoard {
  let injections: Injection[] = [];
  let denied: string[] = [];
  let snapshots = 0;
  let volumes = 0;
  let lag: number | undefined;

  return {
    inject: (injection) => injections.push({ ...injection }),
    deny: (patterns) => (denied = [...new Set([...denied, ...patterns.map(withService)])]),
    allow: (patterns) => {
      const allowed = patterns.map(withService);
      denied = patterns.includes('*') ? [] : denied.filter((one) => !allowed.includes(one));
    },
    failSnapshots: (times) => (snapshots = times),
    failVolumes: (times) => (volumes = times),
    setLag: (ms) => (lag = ms),
    next: (action, form) => {
      const found = injections.find((one) => fits(one, action, form));
      if (found === undefined) return undefined;
      found.times -= 1;
      injections = injections.filter(({ times }) => times > 0);
      return troubleOf(found);
    },
    nextSnapshotFails: () => snapshots > 0 && snapshots-- > 0,
    nextVolumeFails: () => volumes > 0 && volumes-- > 0,
    denied: () => denied,
    lagMs: () => lag ?? usualLagMs,
    clear: () => {
      [injections, denied, snapshots, volumes, lag] = [[], [], 0, 0, undefined];
    },
    list: () => [
      ...(snapshots > 0 ? [{ failNextSnapshot: snapshots }] : []),
      ...(volumes > 0 ? [{ failNextVolume: volumes }] : []),
      ...(denied.length > 0 ? [{ deny: denied }] : []),
      ...injections.map((injection) => ({ inject: { ...injection } })),
      ...(lag === undefined ? [] : [{ consistencyMs: lag }]),
    ],
  };
}

function withService(pattern: string): string {
  return pattern.includes(':') || pattern === '*' ? pattern : `ec2:${pattern}`;
}

function fits({ action, match }: Injection, called: string, form: Form): boolean {
  if (action !== '*' && action !== called) return false;
  return Object.entries(match ?? {}).every(([name, value]) => form.get(name) === value);
}

function troubleOf({ code, status, message, afterWork, hangMs, dropSocket }: Injection): Trouble {
  const timing = { afterWork: afterWork === true, hangMs: hangMs ?? 0 };
  if (dropSocket === true) return { ...timing, answer: { kind: 'drop' } };
  if (code === undefined && status === undefined && hangMs !== undefined) return { ...timing, answer: undefined };
  const told = code ?? (status === 503 ? 'Unavailable' : 'InternalError');
  return {
    ...timing,
    answer: {
      kind: 'error',
      code: told,
      status: status ?? statusOf(told),
      message: message ?? messages[told] ?? `${told} was asked for by the sandbox.`,
    },
  };
}

const messages: Readonly<Record<string, string>> = {
  RequestLimitExceeded: 'Request limit exceeded.',
  InternalError: 'An internal error has occurred',
  Unavailable: 'The service is unavailable. Please try again shortly.',
  InsufficientInstanceCapacity: 'We currently do not have sufficient capacity in the Availability Zone you requested.',
};
