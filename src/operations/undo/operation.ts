import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineRedirect } from '#operations/contract.ts';

const UndoArgs = z.object({ run: z.string() });

export const undoOperation = defineRedirect<z.infer<typeof UndoArgs>>({
  kind: 'redirect',
  name: 'undo',
  command: undefined,
  summary: 'Undo a finished restore or tag change',
  usage: '<run>',
  examples: ['r-0123456789'],
  role: 'operator',
  iam: [],
  args: UndoArgs,
  parse(words) {
    const [run, ...rest] = words.plain;
    if (run === undefined || rest.length > 0 || !/^r-[0-9a-z]{10}$/.test(run)) {
      throw new Refusal(
        'bad-input',
        'Name the run to undo, for example `/deck undo r-0123456789`. The ids stand on the cards and in `/deck runs`.',
      );
    }
    return { run };
  },
  /** The other operation's own order that puts it back; it is planned, shown and approved like any other. */
  async redirect(asking, { run: id }, list) {
    const run = await asking.history.runs.get(id);
    if (run === undefined) throw new Refusal('not-found', `There is no run \`${id}\`. See \`/deck runs\`.`);
    const { order, state, result, undoneBy } = run;
    if (undoneBy !== undefined) throw new Refusal('conflict', `\`${id}\` was already undone by \`${undoneBy}\`.`);
    // What some parts of a stuck run did can still be undone.
    if (state !== 'done' && !(state === 'stuck' && result !== undefined))
      throw new Refusal(
        'conflict',
        `\`${id}\` is ${state}; only a run that is done can be undone. See \`/deck runs\`.`,
      );
    const operation = list.find(({ name }) => name === order.operation);
    const inverse = operation?.kind === 'change' ? operation.inverse?.(order.plan, result) : undefined;
    if (inverse === undefined) throw new Refusal('unsuitable', `A ${order.operation} cannot be undone.`);
    return { operation: order.operation, args: inverse.args, undoes: id, place: order.place };
  },
});
