import { groups, list } from './form.ts';
import type { Form } from './form.ts';
import type { Tags } from './model.ts';
import { invalid, missing, Problem } from './problems.ts';

/** What each filter looks at. A record passes when one of its values matches one of the filter's. */
export type FilterFields<T> = { readonly [name: string]: (record: T) => readonly (string | undefined)[] };

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
const mostValues = 200;

/** The request's filters as one question; all must pass. Throws InvalidParameterValue for a filter that does not exist. */
export function readFilters<T>(
  form: Form,
  fields: FilterFields<T>,
  tagsOf?: (record: T) => Tags,
): (record: T) => boolean {
  const filters = groups(form, 'Filter').map((filter) => {
    const name = filter.get('Name');
    if (name === undefined || name === '') throw missing('Filter.1.Name');
    return { valuesOf: fieldOf(name, fields, tagsOf), values: list(filter, 'Value') };
  });
  if (filters.reduce((count, { values }) => count + values.length, 0) > mostValues)
    throw new Problem(
      'FilterLimitExceeded',
      `The maximum number of filter values specified on a single call is ${mostValues}`,
    );
  const questions = filters.map(({ valuesOf, values }) => {
    const matches = matcher(values);
    return (record: T) => valuesOf(record).some((value) => value !== undefined && matches(value));
  });
  return (record) => questions.every((passes) => passes(record));
}

function fieldOf<T>(
  name: string,
  fields: FilterFields<T>,
  tagsOf: ((record: T) => Tags) | undefined,
): (record: T) => readonly (string | undefined)[] {
  if (tagsOf !== undefined && name.startsWith('tag:')) return (record) => [tagsOf(record).get(name.slice(4))];
  if (tagsOf !== undefined && name === 'tag-key') return (record) => [...tagsOf(record).keys()];
  if (tagsOf !== undefined && name === 'tag-value') return (record) => [...tagsOf(record).values()];
  if (Object.hasOwn(fields, name)) return fields[name] as (record: T) => readonly (string | undefined)[];
  throw invalid(`The filter '${name}' is invalid`);
}

/** `*` is any text, `?` any character, a backslash takes the next one as it is. */
export function matcher(patterns: readonly string[]): (value: string) => boolean {
  const literals = new Set<string>();
  const wild: RegExp[] = [];
  for (const pattern of patterns) {
    const plain = pattern.replace(/\\(.)/gsu, '$1');
    if (/[*?]/.test(pattern.replace(/\\./gsu, ''))) wild.push(expressionOf(pattern));
    else literals.add(plain);
  }
  return (value) => literals.has(value) || wild.some((one) => one.test(value));
}

function expressionOf(pattern: string): RegExp {
  const source = pattern.replace(/\\?./gsu, (part) => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    return (part.length > 1 && part.startsWith('\\') ? part.slice(1) : part).replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}
