import { randomBytes } from 'node:crypto';

import type { Block } from './model.ts';

/** An element a person can use, and the block that holds it. A silent one tells the app nothing before the form is sent. */
export type Placed = { element: Block & { action_id: string }; blockId: string; isSilent: boolean };

const shortId = (): string => randomBytes(4).toString('base64url').slice(0, 5);

/** The same blocks, with the block and action ids that were left out made up, as Slack does. */
export function withIds(blocks: readonly Block[]): readonly Block[] {
  return blocks.map((block) => ({
    ...block,
    block_id: block.block_id ?? shortId(),
    ...(Array.isArray(block['elements']) && ['actions', 'context_actions'].includes(block.type)
      ? { elements: (block['elements'] as Block[]).map(withActionId) }
      : {}),
    ...(isUsable(block['accessory']) ? { accessory: withActionId(block['accessory']) } : {}),
    ...(isUsable(block['element']) ? { element: withActionId(block['element']) } : {}),
    ...(Array.isArray(block['child_blocks']) ? { child_blocks: withIds(block['child_blocks'] as Block[]) } : {}),
  }));
}

function withActionId(element: Block): Block {
  return { ...element, action_id: element['action_id'] ?? shortId() };
}

/** Every element of these blocks that a person can press, choose from or type into. */
export function placedElements(blocks: readonly Block[]): readonly Placed[] {
  return blocks.flatMap((block) => {
    const blockId = block.block_id ?? '';
    const inside = ['actions', 'context_actions'].includes(block.type) ? (block['elements'] as Block[]) : [];
    const all = [...inside, ...[block['accessory'], block['element']].filter(isUsable)];
    const children = Array.isArray(block['child_blocks']) ? placedElements(block['child_blocks'] as Block[]) : [];
    return [
      ...all.map((element) => ({
        element: element as Placed['element'],
        blockId,
        isSilent: block.type === 'input' && block['dispatch_action'] !== true,
      })),
      ...children,
    ];
  });
}

function isUsable(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && 'type' in value && value.type !== 'image';
}

/** The input blocks of a view. */
export function inputBlocks(blocks: readonly Block[]): readonly Block[] {
  return blocks.flatMap((block) =>
    block.type === 'input'
      ? [block]
      : Array.isArray(block['child_blocks'])
        ? inputBlocks(block['child_blocks'] as Block[])
        : [],
  );
}

/** Text of a text object, or ''. */
export function wordsOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string'
    ? value.text
    : '';
}

/** A scalar as text; '' for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
}
