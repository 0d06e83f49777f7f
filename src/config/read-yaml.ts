import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';

/** A YAML text as plain data, with the line of each place; or what is wrong with it as YAML. */
export type Yaml =
  | { ok: true; data: unknown; lineOf: (path: readonly PropertyKey[]) => number }
  | { ok: false; errors: readonly { line: number; message: string }[] };

/** YAML 1.2. A name without a value counts as not written, so that a section may be commented out line by line. */
export function readYaml(text: string): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length > 0)
    return { ok: false, errors: wrong.map(({ pos, message }) => ({ line: lines.linePos(pos[0]).line, message })) };
  try {
    const data: unknown = withoutNulls(document.toJS({ maxAliasCount: 50 }));
    return { ok: true, data, lineOf: (path) => lines.linePos(offsetOf(document, path)).line };
  } catch (error) {
    const endless = error instanceof RangeError;
    const message = endless ? 'An anchor (&) contains itself' : (error as Error).message;
    return { ok: false, errors: [{ line: 1, message }] };
  }
}

/** Only in mappings: an empty item of a list stays, and is told as wrong. The names stay, so unknown ones are noticed. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, inner === null ? undefined : withoutNulls(inner)]),
  );
}

/** Where the place begins, or the nearest place around it that is there. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
      continue;
    }
    const item =
      typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items)
        ? node.items[Number(step)]
        : undefined;
    if (item === undefined) break;
    node = item;
    offset = rangeStart(node) ?? offset;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  return Number(node.range[0]);
}
