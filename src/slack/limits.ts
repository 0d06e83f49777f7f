import { block } from './limits-blocks.ts';
import { boolean, isPlain, list, objectsIn, plainText, record, string, type } from './limits-rules.ts';
import type { Plain, Report, Violation } from './limits-rules.ts';

export type { Violation } from './limits-rules.ts';

/** Where blocks are shown. */
export type Surface = 'message' | 'modal' | 'home';

/** Most blocks per surface. Source: https://docs.slack.dev/reference/block-kit/blocks */
const mostBlocks: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 };

/** Largest view, in bytes of its JSON. Source: https://docs.slack.dev/reference/methods/views.open (view_too_large) */
export const largestView = 250_000;

/**
 * Everything Slack would refuse in these blocks on this surface: shapes, unknown fields, lengths, counts, duplicate ids,
 * blocks that the surface does not show. `content` is an array of blocks or, for a modal or Home, a whole view. Empty
 * means fit to send. Pointers start at `/blocks` or, for a whole view, at `/view`. Pure.
 * Source of all numbers: https://docs.slack.dev/reference/block-kit
 */
export function findViolations(surface: Surface, content: unknown): Violation[] {
  const found: Violation[] = [];
  const report: Report = (pointer, code, message) => void found.push({ pointer, code, message });
  if (Array.isArray(content)) checkBlocks(surface, content, '/blocks', report);
  else if (surface === 'message') report('/blocks', 'wrong_type', 'must be an array');
  else checkView(surface, content, report);
  return found;
}

const viewFields = { private_metadata: string(3_000, 0), callback_id: string(255), external_id: string(255) };
const home = record({ ...type, blocks: () => {} }, viewFields);
const modal = record(
  { ...type, blocks: () => {}, title: plainText(24) },
  {
    ...viewFields,
    submit: plainText(24),
    close: plainText(24),
    clear_on_close: boolean,
    notify_on_close: boolean,
    submit_disabled: boolean,
  },
);

function checkView(surface: 'modal' | 'home', view: unknown, report: Report): void {
  (surface === 'modal' ? modal : home)(view, '/view', report);
  if (!isPlain(view)) return;
  if (view['type'] !== surface) report('/view/type', 'unsupported_type', `must be ${surface} here`);
  if (view['blocks'] !== undefined) checkBlocks(surface, view['blocks'], '/view/blocks', report);
  const asks = objectsIn(view['blocks']).some((one) => one['type'] === 'input');
  if (surface === 'modal' && asks && view['submit'] === undefined)
    report('/view/submit', 'missing_field', 'missing required field: submit, since there is an input block');
}

function checkBlocks(surface: Surface, blocks: unknown, pointer: string, report: Report): void {
  list(block, mostBlocks[surface], 0)(blocks, pointer, report);
  const all = objectsIn(blocks);
  all.forEach((one, at) => checkPlace(surface, one, `${pointer}/${at}`, report));
  checkIds(all, pointer, report);
  checkTotals(all, pointer, report);
}

const messageOnly: readonly Surface[] = ['message'];
const notModal: readonly Surface[] = ['message', 'home'];

/** Blocks that not every surface shows. Source: https://docs.slack.dev/reference/block-kit/blocks */
const places: Readonly<Record<string, readonly Surface[]>> = {
  markdown: messageOnly,
  table: messageOnly,
  plan: messageOnly,
  task_card: messageOnly,
  context_actions: messageOnly,
  data_visualization: messageOnly,
  data_table: notModal,
  card: notModal,
  carousel: notModal,
  alert: ['modal'],
};

function checkPlace(surface: Surface, one: Plain, pointer: string, report: Report): void {
  const name = String(one['type']);
  const shown = Object.hasOwn(places, name) ? places[name] : undefined;
  if (shown !== undefined && !shown.includes(surface))
    report(`${pointer}/type`, 'wrong_surface', `unsupported type: ${name} in a ${surface}`);
  objectsIn(one['child_blocks']).forEach((child, at) =>
    checkPlace(surface, child, `${pointer}/child_blocks/${at}`, report),
  );
}

function checkIds(blocks: readonly Plain[], pointer: string, report: Report): void {
  const blockIds = new Set<unknown>();
  let focused = 0;
  const look = (one: Plain, where: string): void => {
    const id = one['block_id'];
    if (id !== undefined && blockIds.has(id))
      report(`${where}/block_id`, 'duplicate', `block_id ${JSON.stringify(id)} already exists`);
    blockIds.add(id);
    const actionIds = new Set<unknown>();
    for (const [element, place] of elementsOf(one, where)) {
      const actionId = element['action_id'];
      if (actionId !== undefined && actionIds.has(actionId))
        report(`${place}/action_id`, 'duplicate', `action_id ${JSON.stringify(actionId)} already exists in this block`);
      actionIds.add(actionId);
      if (element['focus_on_load'] === true && ++focused > 1)
        report(`${place}/focus_on_load`, 'too_many', 'only one element can have the focus');
    }
    objectsIn(one['child_blocks']).forEach((child, at) => look(child, `${where}/child_blocks/${at}`));
  };
  blocks.forEach((one, at) => look(one, `${pointer}/${at}`));
}

function elementsOf(one: Plain, where: string): readonly (readonly [Plain, string])[] {
  const many = objectsIn(one['elements']).map((element, at) => [element, `${where}/elements/${at}`] as const);
  const single = ['accessory', 'element'].flatMap((name) => {
    const element = one[name];
    return isPlain(element) ? [[element, `${where}/${name}`] as const] : [];
  });
  return [...many, ...single];
}

/** Limits on all blocks of a message together. */
function checkTotals(blocks: readonly Plain[], pointer: string, report: Report): void {
  const all = blocks.flatMap((one) => [one, ...objectsIn(one['child_blocks'])]);
  const of = (name: string) => all.filter((one) => one['type'] === name);
  const limits = [
    [of('table').length, 1, 'only one table is allowed in a message'],
    [of('data_visualization').length, 2, 'no more than 2 charts are allowed in a message'],
    [charactersIn(of('markdown')), 12_000, 'all markdown blocks together must be less than 12001 characters'],
    [charactersIn(of('table')), 10_000, 'the cells of tables together must be less than 10001 characters'],
    [charactersIn(of('data_table')), 20_000, 'the cells of data tables together must be less than 20001 characters'],
  ] as const;
  for (const [size, most, message] of limits)
    if (size > most) report(pointer, most <= 2 ? 'too_many' : 'too_long', message);
}

/** Characters of every `text` inside. */
function charactersIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + charactersIn(one), 0);
  if (!isPlain(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [name, inner]) => sum + (name === 'text' && typeof inner === 'string' ? inner.length : charactersIn(inner)),
    0,
  );
}
