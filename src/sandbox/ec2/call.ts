import type { Form } from './form.ts';
import type { StorageBoard } from './storage-board.ts';
import type { World } from './world.ts';
import type { XmlFields } from './xml.ts';

/** One request, as the actions see it. */
export type Call = {
  world: World;
  form: Form;
  action: string;
  /** Who asks: page tokens are only good for the one who got them. */
  caller: string;
  /** Tells readers apart, for what is not visible to all of them yet. */
  reader: string;
  /** Ms that reads may lag behind creations. */
  lagMs: number;
  faults: StorageBoard;
};

export type Action = {
  /** The parameters it takes, each up to the first dot. */
  takes: readonly string[];
  /** Does the work, or throws a Problem before anything has changed. Answers the elements of the reply. */
  run: (call: Call) => XmlFields;
  /** How many instances it names, for the buckets that count them. */
  counts?: (form: Form) => number;
};
