import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';
import { Injections, setTroubles, type Troubles } from '#sandbox/troubles.ts';

import { keyStates } from './model.ts';
import type { Surroundings } from './service.ts';

const word = z.string().min(1);
const Faults = z.strictObject({
  ...Injections,
  script: z
    .strictObject({
      match: word,
      exitCode: z.int().min(0).max(255).default(1),
      output: z.string().max(100_000).default(''),
      errors: z.string().max(100_000).default(''),
      seconds: z.number().min(0).max(172_800).default(1),
      times: z.int().min(1).max(10_000).default(1),
    })
    .optional(),
  silent: word.optional(),
  heard: word.optional(),
  group: z.strictObject({ name: word, min: z.int().min(0), max: z.int().min(0).default(100) }).optional(),
  service: z.strictObject({ name: word, running: z.int().min(0).max(100) }).optional(),
  failDeployments: z.int().min(0).max(100).optional(),
  key: z
    .strictObject({ id: word, state: z.enum(keyStates).optional(), sharedWith: z.array(word).max(10).optional() })
    .optional(),
  object: z.strictObject({ bucket: word, key: word, text: z.string().max(900_000) }).optional(),
  policies: z.array(word).max(100).optional(),
  clear: z.literal(true).optional(),
  reset: z.literal(true).optional(),
});
type Faults = z.infer<typeof Faults>;

const example = '{"script": {"match": "fsfreeze", "exitCode": 1}} or {"deny": ["ssm:SendCommand"]}';

/** Changes the services beside EC2 and what goes wrong in them. Bad input changes nothing and is answered by 400. */
export function setFaults(
  of: { surroundings: Surroundings; troubles: Troubles; reset: () => void },
  input: unknown,
): ControlAnswer {
  const read = Faults.safeParse(input);
  if (!read.success) {
    const [issue] = read.error.issues;
    return refusal(400, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`.replace(/^: /, ''));
  }
  const asked = read.data;
  if (Object.keys(asked).length === 0) return refusal(400, 'Nothing was asked for.');
  const { servers, state } = of.surroundings;
  const unknown =
    [asked.silent, asked.heard].find((name) => name !== undefined && servers.named(name) === undefined) ??
    (asked.service !== undefined && !state().services.some(({ name }) => name === asked.service?.name)
      ? asked.service.name
      : undefined) ??
    (asked.key !== undefined && !state().keys.some(({ id, alias }) => [id, alias].includes(asked.key?.id ?? ''))
      ? asked.key.id
      : undefined);
  if (unknown !== undefined) return refusal(404, `There is no ${unknown} here.`);
  if (asked.reset === true) of.reset();
  if (asked.clear === true) of.troubles.clear();
  setTroubles(of.troubles, asked);
  change(of.surroundings, asked);
  of.surroundings.changed();
  return { status: 200, body: { ok: true, faults: of.troubles.list() } };
}

function change({ servers, state, now }: Surroundings, asked: Faults): void {
  const kept = state();
  const idOf = (name: string | undefined) => (name === undefined ? undefined : servers.named(name)?.id);
  const [silent, heard] = [idOf(asked.silent), idOf(asked.heard)];
  if (asked.script !== undefined) kept.scripts = [...kept.scripts, asked.script];
  if (silent !== undefined) kept.silent = [...new Set([...kept.silent, silent])];
  if (heard !== undefined) kept.silent = kept.silent.filter((id) => id !== heard);
  if (asked.group !== undefined) {
    const { name, min, max } = asked.group;
    kept.groups[name] = { min, max, suspended: kept.groups[name]?.suspended ?? [] };
  }
  for (const service of kept.services)
    if (service.name === asked.service?.name) service.running = Math.min(service.desired, asked.service.running);
  if (asked.failDeployments !== undefined) kept.failDeployments = asked.failDeployments;
  if (asked.policies !== undefined) kept.policies = asked.policies;
  for (const key of kept.keys)
    if (asked.key !== undefined && [key.id, key.alias].includes(asked.key.id)) {
      if (asked.key.state !== undefined) [key.state, key.changedAt] = [asked.key.state, now()];
      if (asked.key.sharedWith !== undefined) key.sharedWith = asked.key.sharedWith;
    }
  if (asked.object !== undefined) {
    const { bucket, key, text } = asked.object;
    const others = kept.objects.filter((one) => one.bucket !== bucket || one.key !== key);
    kept.objects = [...others, { bucket, key, text, modifiedAt: now() }];
  }
}

function refusal(status: number, problem: string): ControlAnswer {
  return { status, body: { error: `${problem} Send for example ${example}.` } };
}
