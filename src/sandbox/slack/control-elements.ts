import { wordsOf } from './blocks.ts';
import type { Placed } from './blocks.ts';
import { ControlRefusal } from './control-input.ts';
import type { ControlWorld } from './control-world.ts';
import type { Person } from './model.ts';
import { suggestionPayload } from './payloads.ts';
import type { Place } from './payloads.ts';
import { heldAfter, holdsValue, ownOption } from './state-values.ts';
import type { Option } from './state-values.ts';

/** What a person did with an element, as the control API takes it. */
export type Use = {
  action_id: string;
  block_id?: string | undefined;
  value?: string | undefined;
  values?: readonly string[] | undefined;
  selected_option?: unknown;
};

/** Most options and longest text a search may answer. Source: https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
const mostOptions = 100;
const longestOption = 75;

/**
 * The one element that is meant. Throws ControlRefusal 404 when there is none, 409 when several could be meant.
 */
export function pickElement(all: readonly Placed[], use: Use, where: string): Placed {
  const named = all.filter(
    ({ element, blockId }) =>
      element.action_id === use.action_id && (use.block_id === undefined || use.block_id === blockId),
  );
  const shown = all.map(
    ({ element, blockId }) =>
      `${element.action_id} (${element.type} in block ${blockId}${wordsOf(element['text']) === '' ? '' : `, "${wordsOf(element['text'])}"`})`,
  );
  if (named.length === 0)
    throw new ControlRefusal(
      404,
      `${where} has no element "${use.action_id}"${use.block_id === undefined ? '' : ` in block "${use.block_id}"`}. It has: ${shown.length === 0 ? 'none' : shown.join(', ')}.`,
    );
  const matching = named.filter(
    ({ element }) => element.type !== 'button' || use.value === undefined || element['value'] === use.value,
  );
  const [only, ...others] = matching;
  if (only === undefined)
    throw new ControlRefusal(
      409,
      `${where} has the button "${use.action_id}", but not with that value. Leave the value out, or load the message again.`,
    );
  if (others.length > 0)
    throw new ControlRefusal(
      409,
      `${where} has several elements "${use.action_id}". Add block_id: ${matching.map(({ blockId }) => blockId).join(', ')}.`,
    );
  return only;
}

/** The action object of a payload and what the element holds afterwards. Throws ControlRefusal 400. */
export async function useElement(
  world: ControlWorld,
  of: { person: Person; place: Place; placed: Placed; use: Use },
): Promise<{ action: Record<string, unknown>; held?: Record<string, unknown> }> {
  const { placed, use } = of;
  const { element, blockId } = placed;
  const ids = { action_id: element.action_id, block_id: blockId };
  if (element.type === 'button' || element.type === 'icon_button' || element.type === 'workflow_button') {
    const { confirm: _confirm, accessibility_label: _label, url: _url, icon: _icon, ...shown } = element;
    return { action: { ...shown, ...ids } };
  }
  const given = use.values ?? use.selected_option ?? use.value;
  if (element.type === 'feedback_buttons') return { action: { type: element.type, ...ids, value: use.value ?? '' } };
  if (element.type === 'overflow') {
    const value = typeof given === 'object' && given !== null && 'value' in given ? given.value : given;
    const option = ownOption(element, String(value));
    if (option === undefined)
      throw new ControlRefusal(400, `value: the menu "${element.action_id}" has no option "${String(value)}".`);
    return { action: { type: element.type, ...ids, selected_option: option } };
  }
  if (!holdsValue(element))
    throw new ControlRefusal(400, `action_id: a ${element.type} cannot be used in the sandbox.`);
  const held = await hold(world, { ...of, given });
  return {
    action: {
      ...held,
      ...ids,
      ...(element['placeholder'] === undefined ? {} : { placeholder: element['placeholder'] }),
    },
    held,
  };
}

/** What an element holds after it was given a value; asks the app for the option where only the app knows it. */
export async function hold(
  world: ControlWorld,
  of: { person: Person; place: Place; placed: Placed; given: unknown },
): Promise<Record<string, unknown>> {
  const { placed, given } = of;
  const { element, blockId } = placed;
  const options = element.type.includes('external_select') ? await offered(world, of) : undefined;
  const held = heldAfter(
    element,
    given,
    (value) => options?.find((one) => one.value === value) ?? ownOption(element, value),
  );
  if (typeof held === 'string') throw new ControlRefusal(400, `${blockId}.${element.action_id}: it ${held}.`);
  return held;
}

/** A person can choose only what the app offered, so the app is asked for what was given. */
async function offered(
  world: ControlWorld,
  of: { person: Person; place: Place; placed: Placed; given: unknown },
): Promise<readonly Option[]> {
  const values = (Array.isArray(of.given) ? of.given : [of.given]).map((one: unknown) =>
    typeof one === 'object' && one !== null && 'value' in one ? one.value : one,
  );
  const known = rememberedOptions(of.place, of.placed);
  const missing = values.filter(
    (value): value is string => typeof value === 'string' && value !== '' && !known.some((one) => one.value === value),
  );
  const answers = await Promise.all(missing.map((value) => askOptions(world, { ...of, value })));
  return [...known, ...answers.flat()];
}

const remembered = new WeakMap<object, Map<string, readonly Option[]>>();

function rememberedOptions(place: Place, { element, blockId }: Placed): readonly Option[] {
  return remembered.get(keyOf(place))?.get(`${blockId}/${element.action_id}`) ?? [];
}

/** Blocks stay the same object until the message or view is changed; then old offers are void. */
function keyOf(place: Place): object {
  return place.kind === 'view' ? place.view.blocks : (place.message.blocks ?? place.message);
}

/** Asks the app for the options of a searchable menu. Throws ControlRefusal 502 or 504 when it fails. */
export async function askOptions(
  { state, deliver, logbook }: ControlWorld,
  of: { person: Person; place: Place; placed: Placed; value: string },
): Promise<readonly Option[]> {
  const { person, place, placed, value } = of;
  const payload = suggestionPayload({
    state,
    person,
    place,
    actionId: placed.element.action_id,
    blockId: placed.blockId,
    value,
  });
  const [outcome] = await deliver({ kind: 'interactive', payload, acceptsResponse: true });
  if (outcome === undefined || !outcome.ok)
    throw new ControlRefusal(
      outcome?.error === 'operation_timeout' ? 504 : 502,
      `The app did not answer the search (${outcome?.error ?? 'dispatch_failed'}). Is it running?`,
    );
  const options = readOptions(outcome.response);
  if (options === undefined) {
    logbook.refused('block_suggestion', 'invalid_options', JSON.stringify(outcome.response ?? null).slice(0, 1_000));
    throw new ControlRefusal(
      502,
      `The app answered the search with something that is no list of at most ${mostOptions} options.`,
    );
  }
  const kept = remembered.get(keyOf(place)) ?? new Map<string, readonly Option[]>();
  const key = `${placed.blockId}/${placed.element.action_id}`;
  kept.set(key, [...(kept.get(key) ?? []), ...options].slice(-500));
  remembered.set(keyOf(place), kept);
  return options;
}

function readOptions(response: unknown): readonly Option[] | undefined {
  if (typeof response !== 'object' || response === null) return undefined;
  const { options, option_groups: groups } = response as { options?: unknown; option_groups?: unknown };
  const all: unknown = Array.isArray(groups)
    ? groups.flatMap((group: { options?: unknown[] }) => group.options ?? [])
    : options;
  if (!Array.isArray(all) || all.length > mostOptions) return undefined;
  const fits = (one: unknown): one is Option => {
    const option = one as Partial<Option> | null;
    const text = wordsOf(option?.text);
    return (
      typeof option?.value === 'string' &&
      option.value.length <= longestOption &&
      text.length > 0 &&
      text.length <= longestOption
    );
  };
  return all.every(fits) ? all : undefined;
}
