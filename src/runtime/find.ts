import { Refusal } from '#errors.ts';
import { distance } from '#lib/targets.ts';
import type { Words } from '#lib/words.ts';
import type { Operation } from '#operations/contract.ts';

import type { World } from './world.ts';

type Known = Pick<World, 'operations' | 'commandPrefix'>;

/** What a typed line means, and the words that are left for it. Refusal "bad-input" names what comes close. */
export function findOperation(world: Known, command: string, words: Words): { operation: Operation; words: Words } {
  const direct = command === 'deck' ? undefined : world.operations.find((operation) => operation.command === command);
  if (direct !== undefined) return { operation: direct, words };
  const [verb = 'help', ...rest] = words.plain;
  const below = world.operations.find(({ name }) => name === `${verb}-${rest[0]}`.toLowerCase());
  if (below !== undefined) {
    const line = words.line.slice(verb.length).trim().slice(rest[0]!.length).trim();
    return { operation: below, words: { ...words, plain: rest.slice(1), line } };
  }
  const operation = world.operations.find(
    ({ name, command }) => name === verb.toLowerCase() || command === verb.toLowerCase(),
  );
  if (operation === undefined) throw new Refusal('bad-input', unknownVerb(world, verb));
  return { operation, words: { ...words, plain: rest, line: words.line.slice(verb.length).trim() } };
}

function unknownVerb(world: Known, verb: string): string {
  const close = world.operations
    .filter(({ name }) => distance(name, verb.toLowerCase()) <= 2)
    .map(({ name }) => `\`/${world.commandPrefix}deck ${name}\``);
  const hint = close.length > 0 ? `Did you mean ${close.slice(0, 3).join(', ')}? ` : '';
  return `\`${verb.slice(0, 60)}\` is nothing Deckhand knows. ${hint}See what you can do with \`/${world.commandPrefix}deck help\`.`;
}

/** The operation that a stored order or a button names. Refusal "bad-input" when an earlier version had it. */
export function byName(world: Pick<World, 'operations'>, name: string): Operation {
  const found = world.operations.find((operation) => operation.name === name);
  if (found === undefined)
    throw new Refusal('bad-input', `\`${name}\` is no longer something Deckhand does. See \`/deck help\`.`);
  return found;
}

/** `/restore`, or `/deck runs` for what has no command of its own. */
export function commandOf(world: Pick<World, 'commandPrefix'>, operation: Pick<Operation, 'name' | 'command'>): string {
  return operation.command === undefined || operation.command === 'deck'
    ? `/${world.commandPrefix}deck ${operation.name.replace('-', ' ')}`
    : `/${world.commandPrefix}${operation.command}`;
}
