import { inputBlocks, placedElements, textOf } from './blocks.ts';
import type { Placed } from './blocks.ts';
import { hold } from './control-elements.ts';
import { ControlRefusal } from './control-input.ts';
import type { ControlWorld } from './control-world.ts';
import type { Block, Person, StateValues, View } from './model.ts';
import { holdsValue, isEmpty } from './state-values.ts';

/** What the view holds after a person filled in `given`. Throws ControlRefusal 400 for a field that is not there. */
export async function readValues(
  world: ControlWorld,
  of: { person: Person; view: View; given: Readonly<Record<string, unknown>> },
): Promise<StateValues> {
  const { person, view, given } = of;
  const fields = placedElements(view.blocks).filter(({ element }) => holdsValue(element));
  const values: StateValues = structuredClone(view.values);
  for (const [name, value] of Object.entries(given)) {
    for (const [placed, one] of meant(fields, name, value)) {
      const held = await hold(world, { person, place: { kind: 'view', view }, placed, given: one });
      (values[placed.blockId] ??= {})[placed.element.action_id] = held;
    }
  }
  return values;
}

/** Which elements a key of the values names, by block, by block and action, or by action. */
function meant(fields: readonly Placed[], name: string, value: unknown): readonly (readonly [Placed, unknown])[] {
  const inBlock = fields.filter(({ blockId }) => blockId === name);
  const isNested =
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('value' in value && 'text' in value);
  if (inBlock.length > 0 && isNested)
    return Object.entries(value).map(([action, inner]) => {
      const placed = inBlock.find(({ element }) => element.action_id === action);
      if (placed === undefined) throw unknown(`${name}.${action}`, fields);
      return [placed, inner] as const;
    });
  const [only, ...others] = inBlock.length > 0 ? inBlock : fields.filter(({ element }) => element.action_id === name);
  if (only === undefined || others.length > 0) throw unknown(name, fields);
  return [[only, value]];
}

function unknown(name: string, fields: readonly Placed[]): ControlRefusal {
  const known = fields.map(({ element, blockId }) => `${blockId}.${element.action_id}`).join(', ');
  return new ControlRefusal(
    400,
    `values: the view has no field "${name}", or several. Fields: ${known === '' ? 'none' : known}.`,
  );
}

/** What Slack's own client refuses to send. */
export function fieldErrors({ blocks, values }: View): Record<string, string> {
  return Object.fromEntries(
    inputBlocks(blocks).flatMap((block): [string, string][] => {
      const element = block['element'] as Block & { action_id: string };
      const held = values[block.block_id ?? '']?.[element.action_id];
      const error = isEmpty(held)
        ? block['optional'] === true
          ? undefined
          : 'Please complete this required field.'
        : textError(element, textOf(held?.['value']));
      return error === undefined ? [] : [[block.block_id ?? '', error]];
    }),
  );
}

function textError(element: Block, text: string): string | undefined {
  const bound = (name: string, otherwise: number): number => Number(element[name] ?? otherwise);
  switch (element.type) {
    case 'plain_text_input':
      if (text.length < bound('min_length', 0)) return `Please enter at least ${bound('min_length', 0)} characters.`;
      return text.length > bound('max_length', 3_000)
        ? `Please enter no more than ${bound('max_length', 3_000)} characters.`
        : undefined;
    case 'email_text_input':
      return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? undefined : 'Please enter a valid email address.';
    case 'url_text_input':
      return URL.canParse(text) ? undefined : 'Please enter a valid URL.';
    case 'number_input': {
      const value = Number(text);
      if (!Number.isFinite(value) || (element['is_decimal_allowed'] !== true && !Number.isInteger(value)))
        return 'Please enter a valid number.';
      const within = value >= bound('min_value', -Infinity) && value <= bound('max_value', Infinity);
      return within ? undefined : 'Please enter a number within the allowed range.';
    }
    default:
      return undefined;
  }
}
