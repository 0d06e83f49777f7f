import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';

import { inputBlocks, placedElements } from './blocks.ts';
import { fieldErrors, readValues } from './control-form.ts';
import { ControlRefusal, readInput } from './control-input.ts';
import { findActor, findPerson } from './control-world.ts';
import type { ControlWorld } from './control-world.ts';
import type { Person, View } from './model.ts';
import { closedPayload, submissionPayload } from './payloads.ts';
import { ApiRefusal } from './refusal.ts';
import { viewJson } from './views.ts';

const Submit = z.strictObject({
  user: z.string(),
  view_id: z.string(),
  values: z.record(z.string(), z.unknown()).default({}),
});
const Close = z.strictObject({ user: z.string(), view_id: z.string().optional(), clear: z.boolean().default(false) });

/**
 * A person sends a form: `{ closed: true }`, `{ errors }` by block id, or the `{ view }` now on top. Values are
 * `{ block: { action: value } }` or, where it is clear, `{ block: value }` or `{ action: value }`.
 */
export async function submit(world: ControlWorld, input: unknown): Promise<ControlAnswer> {
  const { state, views, triggers, deliver } = world;
  const asked = readInput(
    Submit,
    input,
    '{"user":"riley","view_id":"V0…","values":{"reason":{"text":"disk is full"}}}',
  );
  const person = findActor(world, asked.user);
  const found = topView(world, person, asked.view_id);
  if (found.rest['submit'] === undefined)
    throw new ControlRefusal(409, `View ${found.id} has no submit button. Press one of its elements, or close it.`);
  const view: View = { ...found, values: await readValues(world, { person, view: found, given: asked.values }) };
  views.hold(view);
  const missing = fieldErrors(view);
  if (Object.keys(missing).length > 0) return { status: 200, body: { errors: missing } };

  const triggerId = triggers.issue({ user: person.id, viewId: view.id });
  const payload = submissionPayload({ state, person, view, triggerId });
  const [outcome] = await deliver({ kind: 'interactive', payload, acceptsResponse: true });
  if (outcome === undefined || !outcome.ok) {
    const error = outcome?.error ?? 'dispatch_failed';
    throw new ControlRefusal(
      error === 'operation_timeout' ? 504 : 502,
      `We had some trouble connecting. Try again? (${error})`,
    );
  }
  return { status: 200, body: answer(world, { person, view, response: outcome.response }) };
}

function topView({ views }: ControlWorld, person: Person, id: string): View {
  const stack = views.stack(person.id);
  const top = stack.at(-1);
  if (top?.id === id) return top;
  const state = stack.some((view) => view.id === id) ? 'is covered by another view' : 'is not open';
  throw new ControlRefusal(
    stack.some((view) => view.id === id) ? 409 : 404,
    `view_id: "${id}" ${state} for ${person.name}. ${top === undefined ? 'Nothing is open.' : `On top is ${top.id}.`}`,
  );
}

/** Does what the app's answer to a submission says. Source: https://docs.slack.dev/surfaces/modals#updating_response */
function answer(world: ControlWorld, of: { person: Person; view: View; response: unknown }): Record<string, unknown> {
  const { views, state, logbook } = world;
  const { person, view, response } = of;
  const said = typeof response === 'object' && response !== null ? (response as Record<string, unknown>) : {};
  const shown = (one: View) => ({ view: viewJson(one, state.seed.team.id) });
  try {
    switch (said['response_action']) {
      case undefined:
        views.close(view.id);
        return closed();
      case 'clear':
        views.closeAll(person.id);
        return closed();
      case 'update':
        return shown(views.update({ id: view.id }, said['view']));
      case 'push':
        return shown(views.push(person.id, view.id, said['view']));
      case 'errors':
        return { errors: checkedErrors(view, said['errors']) };
      default:
        throw new ApiRefusal('invalid_response_action');
    }
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    logbook.refused('ack view_submission', error.code, JSON.stringify(error.more));
    throw new ControlRefusal(
      502,
      `We had some trouble connecting. Try again? (the app's answer was refused: ${error.code})`,
    );
  }
  function closed(): Record<string, unknown> {
    const below = views.stack(person.id).at(-1);
    return { closed: true, ...(below === undefined ? {} : shown(below)) };
  }
}

function checkedErrors(view: View, errors: unknown): Record<string, unknown> {
  const known = inputBlocks(view.blocks).map(({ block_id: id }) => id);
  const given = typeof errors === 'object' && errors !== null ? Object.entries(errors) : [];
  const wrong = given.find(([id, text]) => !known.includes(id) || typeof text !== 'string' || text === '');
  if (given.length === 0 || wrong !== undefined)
    throw new ApiRefusal('invalid_errors', { block_id: wrong?.[0] ?? null, known });
  return Object.fromEntries(given);
}

/** A person closes the view on top, or with `clear` all of them. */
export async function close(world: ControlWorld, input: unknown): Promise<ControlAnswer> {
  const { views, state, deliver } = world;
  const asked = readInput(Close, input, '{"user":"riley","view_id":"V0…"}');
  const person = findActor(world, asked.user);
  const top = views.stack(person.id).at(-1);
  if (top === undefined)
    throw new ControlRefusal(409, `${person.name} has no open view. Open one with a command or a button.`);
  const view = asked.view_id === undefined ? top : topView(world, person, asked.view_id);
  const gone = asked.clear ? views.stack(person.id) : [view];
  if (asked.clear || view.rest['clear_on_close'] === true) views.closeAll(person.id);
  else views.close(view.id);
  for (const one of gone.filter(({ rest }) => rest['notify_on_close'] === true))
    await deliver({
      kind: 'interactive',
      payload: closedPayload({ state, person, view: one, isCleared: asked.clear }),
      acceptsResponse: false,
    });
  const below = views.stack(person.id).at(-1);
  return {
    status: 200,
    body: { closed: true, ...(below === undefined ? {} : { view: viewJson(below, state.seed.team.id) }) },
  };
}

/** The open views of a person, bottom first, and their usable elements. */
export function listViews(world: ControlWorld, query: URLSearchParams): ControlAnswer {
  const person = findPerson(world, query.get('user') ?? '');
  const views = world.views.stack(person.id).map((view) => ({
    ...withoutNulls(viewJson(view, world.state.seed.team.id)),
    elements: placedElements(view.blocks).map(({ element, blockId }) => ({
      action_id: element.action_id,
      block_id: blockId,
      type: element.type,
    })),
  }));
  return { status: 200, body: { views } };
}

/** Slack's payloads say null where a view has no such button; here it is left out. */
function withoutNulls(view: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(view).filter(([, value]) => value !== null));
}
