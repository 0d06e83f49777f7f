import type { Json } from '#ports/json.ts';

/** The parameters of a request, by name. */
type Parameters = { get: (name: string) => string | undefined };

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
