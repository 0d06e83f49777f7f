import { z } from 'zod';

import type { Json } from '#ports/json.ts';

/** The parameters of a request, by name. */
type Parameters = { get: (name: string) => string | undefined };

const word = z.string().min(1);
/** One thing that shall go wrong with the next calls of an action. */
const Injection = z.strictObject({
  /** `*` = any. */
  action: word,
  code: word.optional(),
  status: z.int().min(400).max(599).optional(),
  message: z.string().optional(),
  times: z.int().min(1).max(10_000).default(1),
  /** The work is done first: a reply that gets lost. */
  afterWork: z.boolean().optional(),
  /** Ms without an answer; then the rest of this, or the usual answer. */
  hangMs: z.int().min(0).max(600_000).optional(),
  dropSocket: z.boolean().optional(),
  /** Only calls with these parameters. */
  match: z.record(z.string(), z.string()).optional(),
});
export type Injection = z.infer<typeof Injection>;

/** The fields of the control API that set troubles. */
export const Injections = {
  deny: z.array(word).min(1).optional(),
  allow: z.union([z.literal('*'), z.array(word).min(1)]).optional(),
  inject: z.union([Injection, z.array(Injection).min(1)]).optional(),
};

/** Sets what was asked for by those fields. */
export function setTroubles(troubles: Troubles, asked: z.infer<z.ZodObject<typeof Injections>>): void {
  if (asked.deny !== undefined) troubles.deny(asked.deny);
  if (asked.allow !== undefined) troubles.allow(asked.allow === '*' ? ['*'] : asked.allow);
  for (const injection of [asked.inject ?? []].flat()) troubles.inject(injection);
}

export type Trouble = {
  afterWork: boolean;
  hangMs: number;
  /** What is answered instead, if anything. */
  answer: { kind: 'drop' } | { kind: 'error'; code: string; status: number; message: string } | undefined;
};

/** What shall go wrong with calls. It is not written down: a new start of the sandbox has none. */
export type Troubles = {
  inject: (injection: Injection) => void;
  /** `ec2:CreateVolume`; without a service it is the usual one. */
  deny: (patterns: readonly string[]) => void;
  /** Takes denials back; `*` takes all back. */
  allow: (patterns: readonly string[]) => void;
  /** The trouble of this call, used up by asking. */
  next: (action: string, parameters: Parameters) => Trouble | undefined;
  denied: () => readonly string[];
  clear: () => void;
  /** What is in force, as it was asked for. */
  list: () => readonly Json[];
};

export type TroublesOptions = {
  /** Meant by patterns that name none. */
  service: string;
  /** The HTTP status that comes with a code. */
  statusOf: (code: string) => number;
};

export function createTroubles({ service, statusOf }: TroublesOptions): Troubles {
  const withService = (pattern: string): string =>
    pattern.includes(':') || pattern === '*' ? pattern : `${service}:${pattern}`;
  let injections: Injection[] = [];
  let denied: string[] = [];

  return {
    inject: (injection) => injections.push({ ...injection }),
    deny: (patterns) => (denied = [...new Set([...denied, ...patterns.map(withService)])]),
    allow: (patterns) => {
      const allowed = patterns.map(withService);
      denied = patterns.includes('*') ? [] : denied.filter((one) => !allowed.includes(one));
    },
    next: (action, parameters) => {
      const found = injections.find((one) => fits(one, action, parameters));
      if (found === undefined) return undefined;
      found.times -= 1;
      injections = injections.filter(({ times }) => times > 0);
      return troubleOf(found, statusOf);
    },
    denied: () => denied,
    clear: () => {
      [injections, denied] = [[], []];
    },
    list: () => [
      ...(denied.length > 0 ? [{ deny: denied }] : []),
      ...injections.map((injection) => ({ inject: { ...injection } })),
    ],
  };
}

function fits({ action, match }: Injection, called: string, parameters: Parameters): boolean {
  if (action !== '*' && action !== called) return false;
  return Object.entries(match ?? {}).every(([name, value]) => parameters.get(name) === value);
}

function troubleOf(injection: Injection, statusOf: (code: string) => number): Trouble {
  const { code, status, message, afterWork, hangMs, dropSocket } = injection;
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
