import type { Block } from './shapes.ts';
import type { Names } from './text-view.ts';

/** What a person did with an element of a block. */
export type Action = { action_id: string; block_id?: string; value?: string; values?: readonly string[] };

/** An option of a menu. */
export type Option = { value: string; label: string; description?: string };

/** What a form holds: by block id, then action id. */
export type Values = Record<string, Record<string, string | readonly string[]>>;

/** Where blocks are drawn, and what their elements may do there. */
export type Surface = {
  kind: 'message' | 'modal' | 'home';
  names: Names;
  /** Sends a press or a choice to the app. Resolves when the app has answered; tells failures itself. */
  act: (action: Action) => Promise<void>;
  /** Asks the app for the options of a searchable menu. */
  suggest: (element: { action_id: string; block_id?: string }, typed: string) => Promise<readonly Option[]>;
  people: readonly Option[];
  channels: readonly Option[];
  /** What was typed or chosen so far; elements write into it. */
  values: Values;
};

/** An element of a block in its place. */
export type Placed = {
  element: Block;
  blockId: string | undefined;
  surface: Surface;
  /** Id of the element that names it. */
  labelledBy?: string;
  describedBy?: string;
};
