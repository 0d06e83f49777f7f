import type { Tags } from '#ports/cloud.ts';

export type Filter = { Name: string; Values: string[] };

/** AWS takes at most 200 filter values in one request.
 *  Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const mostValues = 200;

/**
 * The filter lists that together ask for everything wanted: inside `anyOf` the values of a list are OR, the lists AND, as
 * are the tags. Long lists are cut, so the answers of all requests belong together and can overlap. No list and no tags:
 * one request without filter. Values mean themselves: wildcards are escaped.
 */
export function filtersFor(
  anyOf: Readonly<Record<string, readonly string[] | undefined>>,
  tags: Tags = {},
): Filter[][] {
  const lists = Object.entries(anyOf).flatMap(([name, values]) =>
    values === undefined ? [] : [{ name, values: [...new Set(values)] }],
  );
  const tagFilters = Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [literal(value)] }));
  const size = Math.max(1, Math.floor((mostValues - tagFilters.length) / Math.max(1, lists.length)));
  let requests: Filter[][] = [tagFilters];
  for (const { name, values } of lists) {
    const parts = chunks(values, size).map((part) => ({ Name: name, Values: part.map(literal) }));
    requests = requests.flatMap((filters) => parts.map((part) => [...filters, part]));
  }
  return requests;
}

/** `*` and `?` are wildcards in filter values and `\` escapes them (same source). */
export function literal(value: string): string {
  return value.replace(/[\\*?]/g, '\\$&');
}

/** Pieces of at most `size`, in order; none for an empty list. */
export function chunks<T>(list: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < list.length; at += size) pieces.push(list.slice(at, at + size));
  return pieces;
}
