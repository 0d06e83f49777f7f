import type { z } from 'zod';

import type { Form } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { XmlFields } from '#sandbox/ec2/xml.ts';
import type { Servers } from '#sandbox/parts.ts';

import type { FindKey } from './keys.ts';
import type { State } from './model.ts';

/** What the services work on. `state` is changed in place, then `changed` is called. */
export type Surroundings = {
  servers: Servers;
  findKey: FindKey;
  state: () => State;
  changed: () => void;
  now: () => number;
  /** AWS's delays are divided by it. */
  speed: number;
  /** Something that serves a site was started anew. */
  restarted: (what: { kind: 'script'; server: string; lines: readonly string[] } | { kind: 'service' }) => void;
};

/** A service of the JSON protocol: X-Amz-Target names the action, the body is its input. */
export type JsonService = {
  kind: 'json';
  /** How IAM and signatures call it, and what stands before the action in the target. */
  prefix: string;
  target: string;
  actions: Readonly<Record<string, (input: unknown) => object>>;
};

/** A service of the Query protocol, as EC2's, but with members in lists and a result element. */
export type QueryService = {
  kind: 'query';
  prefix: string;
  version: string;
  namespace: string;
  actions: Readonly<Record<string, (form: Form) => XmlFields>>;
};

export type Service = JsonService | QueryService;

/** An action of a JSON service that checks its input; unknown fields and bad values are refused by AWS's own code. */
export function action<S extends z.ZodType>(schema: S, act: (input: z.output<S>) => object) {
  return (input: unknown): object => {
    const read = schema.safeParse(input);
    if (read.success) return act(read.data);
    const [issue] = read.error.issues;
    throw new Problem('ValidationException', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`);
  };
}

/** A page of a list. The token is the place where the next one begins. Throws for a token that was never given. */
export function pageOf<T>(list: readonly T[], size: number, token: string | undefined): { page: T[]; next?: string } {
  const from = token === undefined || token === '' ? 0 : Number(/^page-(\d{1,9})$/.exec(token)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new Problem('InvalidNextToken', 'The specified token is not valid.');
  const page = list.slice(from, from + size);
  return from + size < list.length ? { page, next: `page-${from + size}` } : { page };
}

/** How the JSON protocol writes instants. */
export function seconds(at: number): number {
  return at / 1_000;
}
