import type { Call } from './call.ts';
import { diceOf } from './chance.ts';
import { integer, list } from './form.ts';
import { badCombination, invalid } from './problems.ts';

/** How a list may be asked for. Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html */
export type PageRule = { least: number; most: number; ids?: string };
export type Page<T> = { items: readonly T[]; nextToken: string | undefined };

type Token = { action: string; caller: string; after: string; empty: boolean };

/**
 * One page of a list that is ordered by `keyOf`. A token says after which key to go on, so a list that changes in between
 * neither repeats nor loses what stays. Pages may be short, and those in the middle even empty, as on AWS.
 */
export function pageOf<T>(all: readonly T[], keyOf: (item: T) => string, call: Call, rule: PageRule): Page<T> {
  const size = integer(call.form, 'MaxResults');
  const given = call.form.get('NextToken');
  if (rule.ids !== undefined && list(call.form, rule.ids).length > 0 && (size !== undefined || given !== undefined))
    throw badCombination(`The parameter ${rule.ids}Set cannot be used with the parameter maxResults`);
  if (size !== undefined) checkSize(size, rule);
  if (given === undefined) return cut(all, keyOf, call, size ?? all.length, false);
  const token = readToken(given);
  if (token === undefined || token.action !== call.action || token.caller !== call.caller)
    throw invalid('Unable to parse pagination token');
  const rest = all.filter((item) => keyOf(item) > token.after);
  // Now and then a page in the middle has nothing on it, but never two after one another.
  if (!token.empty && rest.length > 0 && diceOf(`empty ${token.after}`) < 0.2)
    return { items: [], nextToken: writeToken({ ...token, empty: true }) };
  return cut(rest, keyOf, call, size ?? rule.most, true);
}

function checkSize(size: number, { least, most }: PageRule): void {
  if (size < least)
    throw invalid(`Value ( ${size} ) for parameter maxResults is invalid. Expecting a value greater than ${least}.`);
  if (size > most)
    throw invalid(`Value ( ${size} ) for parameter maxResults is invalid. Expecting a value less than ${most}.`);
}

function cut<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { action, caller }: Call,
  size: number,
  mayBeShort: boolean,
): Page<T> {
  if (items.length <= size) return { items, nextToken: undefined };
  const first = items[0] as T;
  const short = mayBeShort && diceOf(`short ${keyOf(first)}`) < 0.2 ? Math.ceil(size * 0.8) : size;
  const page = items.slice(0, short);
  return { items: page, nextToken: writeToken({ action, caller, after: keyOf(page.at(-1) as T), empty: false }) };
}

function writeToken({ action, caller, after, empty }: Token): string {
  return Buffer.from(JSON.stringify([action, caller, after, empty])).toString('base64url');
}

function readToken(text: string): Token | undefined {
  try {
    const read: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Array.isArray(read)) return undefined;
    const [action, caller, after, empty] = read as unknown[];
    if (typeof action !== 'string' || typeof caller !== 'string' || typeof after !== 'string') return undefined;
    return { action, caller, after, empty: empty === true };
  } catch {
    return undefined;
  }
}
