/** Says something with our commands as they are typed in this workspace. Messages, forms, pieces: any data of ours. */
export type Naming = <T>(said: T) => T;

/** What is no text for people: ids, addresses, fixed words of ours. */
const asItIs = new Set([
  'channel',
  'emoji',
  'file',
  'group',
  'id',
  'kind',
  'link',
  'of',
  'operation',
  'style',
  'token',
]);
for (const key of ['user', 'value', 'verb']) asItIs.add(key);

/**
 * Everywhere in the product commands are written `/deck …`; with a COMMAND_PREFIX people type `/ops-deck …`. This is the one
 * place that knows it. Text of others that mentions such a command is changed too, as it means the same. Repeatable. Pure.
 */
export function createNaming(prefix: string, commands: readonly string[]): Naming {
  if (prefix === '') return (said) => said;
  const ours = new RegExp(`(?<=^|[\\s\`(])/(?=(?:${commands.join('|')})(?![\\w/-]))`, 'g');

  function named(said: unknown): unknown {
    if (typeof said === 'string') return said.replace(ours, `/${prefix}`);
    if (Array.isArray(said)) return said.map(named);
    if (typeof said !== 'object' || said === null || said instanceof Uint8Array) return said;
    return Object.fromEntries(Object.entries(said).map(([key, of]) => [key, asItIs.has(key) ? of : named(of)]));
  }
  return <T>(said: T) => named(said) as T; // the same shape, with other words
}
