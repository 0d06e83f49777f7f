import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';

import { placedElements } from './blocks.ts';
import { askOptions, pickElement, useElement } from './control-elements.ts';
import { ControlRefusal, readInput } from './control-input.ts';
import { findActor, findChannel, isVisibleTo, tellFailure } from './control-world.ts';
import type { ControlWorld } from './control-world.ts';
import type { Block, Person } from './model.ts';
import { actionPayload } from './payloads.ts';
import type { Place } from './payloads.ts';
import { initialValues } from './state-values.ts';

const where = {
  user: z.string(),
  channel: z.string().optional(),
  ts: z.string().optional(),
  view_id: z.string().optional(),
};
const Press = z.strictObject({
  ...where,
  action_id: z.string().min(1),
  block_id: z.string().optional(),
  value: z.string().optional(),
  values: z.array(z.string()).optional(),
  selected_option: z.union([z.string(), z.looseObject({ value: z.string() })]).optional(),
  /** Sends the very same request this many times in all. */
  redeliver: z.strictObject({ times: z.int().min(2).max(5) }).optional(),
});
const Search = z.strictObject({
  ...where,
  action_id: z.string().min(1),
  block_id: z.string().optional(),
  value: z.string(),
});

const pressExample =
  '{"user":"avery","channel":"#ops","ts":"1764000000.000100","action_id":"approve"}, or view_id instead of channel and ts';

/** A person presses a button or chooses from a menu, in a message or a view. A confirm dialog counts as accepted. */
export async function press(world: ControlWorld, input: unknown): Promise<ControlAnswer> {
  const { state, views, triggers, responses, deliver, manifest } = world;
  const asked = readInput(Press, input, pressExample);
  const person = findActor(world, asked.user);
  const place = findPlace(world, asked, person);
  if (manifest.settings !== undefined && manifest.settings.interactivity?.is_enabled !== true)
    throw new ControlRefusal(
      409,
      'The manifest does not switch interactivity on, so Slack sends no presses. Set settings.interactivity.is_enabled.',
    );
  const placed = pickElement(placedElements(blocksOf(place)), asked, nameOf(place));
  if (placed.isSilent)
    throw new ControlRefusal(
      409,
      `"${asked.action_id}" is in an input block without dispatch_action, so Slack tells the app nothing before the form is sent. Send the form.`,
    );
  const { action, held } = await useElement(world, { person, place, placed, use: asked });

  const values = initialValues(blocksOf(place), place.kind === 'view' ? place.view.values : {});
  if (held !== undefined) (values[placed.blockId] ??= {})[placed.element.action_id] = held;
  const now: Place = place.kind === 'view' ? { kind: 'view', view: { ...place.view, values } } : place;
  if (now.kind === 'view' && held !== undefined) views.hold(now.view);

  const triggerId = triggers.issue({ user: person.id, ...(now.kind === 'view' ? { viewId: now.view.id } : {}) });
  const threadTs = now.kind === 'message' ? now.message.threadTs : undefined;
  const responseUrl =
    now.kind === 'message'
      ? responses.issue({
          channel: now.channel.id,
          user: person.id,
          source: now.message.ts,
          ...(threadTs === undefined ? {} : { threadTs }),
        })
      : undefined;
  const payload = actionPayload({
    state,
    person,
    place: now,
    triggerId,
    action,
    values,
    ...(responseUrl === undefined ? {} : { responseUrl }),
  });
  const outcomes = await deliver({ kind: 'interactive', payload, acceptsResponse: false }, asked.redeliver?.times ?? 1);
  const failed = outcomes.find((one) => !one.ok);
  if (failed?.ok === false) {
    if (now.kind === 'message')
      tellFailure(world, {
        channel: now.channel,
        person,
        what: `"${asked.action_id}"`,
        error: failed.error,
        ...(threadTs === undefined ? {} : { threadTs }),
      });
    return { status: 200, body: { ok: false, error: failed.error, trigger_id: triggerId } };
  }
  const acked = outcomes.map((one) => (one.ok ? one.afterMs : 0));
  return { status: 200, body: { ok: true, acked: Math.max(...acked), trigger_id: triggerId } };
}

/** A person types into a searchable menu. Answers `{ options }`. */
export async function search(world: ControlWorld, input: unknown): Promise<ControlAnswer> {
  const asked = readInput(Search, input, '{"user":"riley","view_id":"V0…","action_id":"server","value":"web"}');
  const person = findActor(world, asked.user);
  const place = findPlace(world, asked, person);
  const placed = pickElement(
    placedElements(blocksOf(place)),
    { action_id: asked.action_id, block_id: asked.block_id },
    nameOf(place),
  );
  if (!placed.element.type.includes('external_select'))
    throw new ControlRefusal(
      409,
      `"${asked.action_id}" is a ${placed.element.type}; only an external_select is searched.`,
    );
  const least = Number(placed.element['min_query_length'] ?? 3);
  if (asked.value.length < least)
    throw new ControlRefusal(400, `value: Slack asks the app only after ${least} characters. Type more.`);
  return {
    status: 200,
    body: { ok: true, options: await askOptions(world, { person, place, placed, value: asked.value }) },
  };
}

function blocksOf(place: Place): readonly Block[] {
  return place.kind === 'view' ? place.view.blocks : (place.message.blocks ?? []);
}

function nameOf(place: Place): string {
  return place.kind === 'view' ? `View ${place.view.id}` : `Message ${place.message.ts} in #${place.channel.name}`;
}

/** The message or view that this person sees. Throws ControlRefusal. */
function findPlace(
  world: ControlWorld,
  of: { channel?: string | undefined; ts?: string | undefined; view_id?: string | undefined },
  person: Person,
): Place {
  if (of.view_id !== undefined) {
    const view = world.views.find(of.view_id);
    if (view === undefined || view.user !== person.id)
      throw new ControlRefusal(
        404,
        `view_id: ${person.name} has no open view "${of.view_id}". GET /sandbox/api/views?user=${person.id} lists them.`,
      );
    return { kind: 'view', view };
  }
  if (of.channel === undefined || of.ts === undefined)
    throw new ControlRefusal(
      400,
      `Name a message with channel and ts, or a view with view_id. Send for example ${pressExample}.`,
    );
  const channel = findChannel(world, of.channel, person);
  const message = world.state.message(channel.id, of.ts);
  if (message === undefined || !isVisibleTo(message, person.id))
    throw new ControlRefusal(
      404,
      `ts: ${person.name} sees no message "${of.ts}" in #${channel.name}. GET /sandbox/api/messages?channel=${channel.id} lists them.`,
    );
  return { kind: 'message', message, channel };
}
