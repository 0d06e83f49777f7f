import { FunctionExpressionType, JSONPathEnvironment, type JSONPathQuery, type JSONValue } from 'json-p3';
import { RE2JS } from 're2js';

import type { Expectation } from '#ports/web.ts';

import { Found, quote } from './failures.ts';

export type Said = {
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  text: () => Promise<string>;
  /** The answer is longer than what is read of it. */
  cut: () => boolean;
  /** Takes secrets out of what an answer may echo. */
  conceal: (text: string) => string;
};

/** Throws Found (`body`) for the first expectation that is not met: what was expected and what came. */
export async function judgeExpectations(all: readonly Expectation[], said: Said): Promise<void> {
  let json: { value: JSONValue } | undefined;
  for (const one of all) {
    if (one.json !== undefined) json ??= { value: readJson(await said.text(), said) };
    const came =
      one.json === undefined
        ? one.header === undefined
          ? await said.text()
          : headerOf(said, one.header)
        : compiled(one).path?.match(json!.value)?.value;
    const unmet = firstUnmet(one, came);
    if (unmet === undefined) continue;
    const where = one.json === undefined ? (one.header === undefined ? 'the text' : `header ${one.header}`) : one.json;
    throw new Found({ class: 'body', detail: `expected ${where} ${unmet}${cameAs(one, came, said)}` });
  }
}

function readJson(text: string, said: Said): JSONValue {
  if (said.cut())
    throw new Found({ class: 'body', detail: 'expected JSON, the answer is longer than the 256 KiB that are read' });
  try {
    return JSON.parse(text) as JSONValue;
  } catch {
    throw new Found({ class: 'body', detail: 'expected JSON, the answer is none' });
  }
}

function headerOf(said: Said, name: string): string | undefined {
  const value = said.headers[name.toLowerCase()];
  return typeof value === 'object' ? value.join(', ') : value;
}

/** The first rule that does not hold, in words. */
function firstUnmet(of: Expectation, came: JSONValue | undefined): string | undefined {
  if (came === undefined) return of.lacks !== undefined && isOnlyLacks(of) ? undefined : 'to be there';
  const text = typeof came === 'string' ? came : JSON.stringify(came);
  if (of.equals !== undefined && !isEqual(of, came, text)) return `to be ${JSON.stringify(of.equals)}`;
  if (of.contains !== undefined && !text.includes(of.contains)) return `to contain ${quote(of.contains)}`;
  if (of.lacks !== undefined && text.includes(of.lacks)) return `not to contain ${quote(of.lacks)}`;
  if (of.matches !== undefined && compiled(of).pattern?.test(text) !== true) return `to match ${quote(of.matches)}`;
  const number = typeof came === 'number' ? came : text.trim() === '' ? Number.NaN : Number(text);
  if (of.atLeast !== undefined && !(number >= of.atLeast)) return `to be at least ${of.atLeast}`;
  if (of.atMost !== undefined && !(number <= of.atMost)) return `to be at most ${of.atMost}`;
  return undefined;
}

function isOnlyLacks({ equals, contains, matches, atLeast, atMost }: Expectation): boolean {
  return [equals, contains, matches, atLeast, atMost].every((rule) => rule === undefined);
}

/** JSON has types; headers and text have none. */
function isEqual({ json, equals }: Expectation, came: JSONValue, text: string): boolean {
  return json === undefined ? text === String(equals) : came === equals;
}

/** The text of a page is shown to nobody. */
function cameAs({ json, header }: Expectation, came: JSONValue | undefined, said: Said): string {
  if (json === undefined && header === undefined) return '';
  if (came === undefined) return ', there is none';
  if (typeof came === 'string') return `, it is ${quote(said.conceal(came))}`;
  const text = said.conceal(JSON.stringify(came));
  return `, it is ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;
}

type Compiled = { path: JSONPathQuery | undefined; pattern: RE2JS | undefined };
/** As long as the settings that hold an expectation, so each is compiled once. */
const kept = new WeakMap<Expectation, Compiled>();

function compiled(of: Expectation): Compiled {
  const known = kept.get(of);
  if (known !== undefined) return known;
  const made = {
    path: of.json === undefined ? undefined : paths.compile(of.json),
    pattern: of.matches === undefined ? undefined : RE2JS.compile(of.matches),
  };
  kept.set(of, made);
  return made;
}

/** RFC 9535's own functions for patterns would run in JavaScript's engine, which a hostile answer can hold up. */
const paths = new JSONPathEnvironment({ maxRecursionDepth: 100 });
for (const [name, whole] of [
  ['match', true],
  ['search', false],
] as const)
  paths.functionRegister.set(name, {
    argTypes: [FunctionExpressionType.ValueType, FunctionExpressionType.ValueType],
    returnType: FunctionExpressionType.LogicalType,
    call: (text: unknown, pattern: unknown) => matches(text, pattern, whole),
  });

function matches(text: unknown, pattern: unknown, whole: boolean): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string' || pattern.length > 256) return false;
  try {
    const made = RE2JS.compile(pattern);
    return whole ? made.matches(text) : made.test(text);
  } catch {
    return false; // RFC 9535 §2.4.6: what is no pattern matches nothing
  }
}
