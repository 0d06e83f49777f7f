import { Ec2Error, type Form } from './wire.ts';

/** A filter's answer for one thing: the values it has for that filter, or undefined when there is no such filter. */
export type ValuesOf<T> = (thing: T, filter: string) => readonly string[] | undefined;

/** The things that match all filters; inside a filter any value. Throws InvalidParameterValue for an unknown filter. */
export function matching<T>(form: Form, things: readonly T[], valuesOf: ValuesOf<T>): T[] {
  const filters = form.records('Filter').map((record) => ({
    name: record['Name'] ?? '',
    patterns: Object.entries(record).flatMap(([key, value]) => (key.startsWith('Value.') ? [pattern(value)] : [])),
  }));
  return things.filter((thing) =>
    filters.every(({ name, patterns }) => {
      const values = valuesOf(thing, name);
      if (values === undefined) throw new Ec2Error('InvalidParameterValue', `The filter '${name}' is invalid`);
      return values.some((value) => patterns.some((one) => one.test(value)));
    }),
  );
}

/** `*` and `?` are wildcards, a backslash escapes. */
function pattern(value: string): RegExp {
  let source = '';
  for (let at = 0; at < value.length; at++) {
    const char = value[at]!;
    if (char === '\\' && at + 1 < value.length) source += quote(value[++at]!);
    else if (char === '*') source += '[^]*';
    else if (char === '?') source += '[^]';
    else source += quote(char);
  }
  return new RegExp(`^${source}$`);
}

function quote(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** The values of the filters every taggable thing has. */
export function tagValues(tags: Readonly<Record<string, string>>, filter: string): readonly string[] | undefined {
  if (filter === 'tag-key') return Object.keys(tags);
  if (!filter.startsWith('tag:')) return undefined;
  const value = tags[filter.slice(4)];
  return value === undefined ? [] : [value];
}

/** One page. Every seventh page is empty but goes on, as AWS allows itself. Throws what AWS throws for bad paging. */
export function page<T>(
  form: Form,
  things: readonly T[],
  ids: readonly string[],
  most: number,
): { items: readonly T[]; nextToken: string | undefined } {
  const size = form.number('MaxResults');
  const token = form.get('NextToken');
  if (size === undefined) return { items: things, nextToken: undefined };
  if (ids.length > 0)
    throw new Ec2Error('InvalidParameterCombination', 'The parameter MaxResults cannot be used with a list of ids.');
  if (size < 5)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
    );
  if (size > most)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value smaller than ${most}.`,
    );
  const start = token === undefined ? 0 : readToken(token);
  const whole = Math.floor(start);
  if (start !== whole) return { items: things.slice(whole, whole + size), nextToken: tokenAfter(things, whole + size) };
  const pageNumber = whole / size;
  if (whole > 0 && pageNumber % 7 === 1) return { items: [], nextToken: makeToken(whole + 0.5) };
  return { items: things.slice(whole, whole + size), nextToken: tokenAfter(things, whole + size) };
}

function tokenAfter(things: readonly unknown[], at: number): string | undefined {
  return at < things.length ? makeToken(at) : undefined;
}

function makeToken(at: number): string {
  return Buffer.from(`us-east-1:${at}`).toString('base64url');
}

function readToken(token: string): number {
  const match = /^us-east-1:(\d+(?:\.5)?)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new Ec2Error('InvalidParameterValue', 'Unable to parse pagination token');
  return Number(match[1]);
}

/** The rows of these ids, in their order. Throws Malformed or NotFound as AWS does. */
export function byIds<T>(
  rows: ReadonlyMap<string, T>,
  ids: readonly string[],
  kind: 'Instance' | 'Volume' | 'Snapshot',
): T[] {
  const { prefix, malformed, missing, word } = kinds[kind];
  if (ids.length > 1_000) throw new Ec2Error('InvalidParameterValue', `The maximum number of ${word} IDs is 1000`);
  const bad = ids.find((id) => !new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`).test(id));
  if (bad !== undefined) throw new Ec2Error(malformed, `Invalid id: "${bad}"`);
  const gone = ids.filter((id) => !rows.has(id));
  if (gone.length > 0)
    throw new Ec2Error(
      missing,
      gone.length === 1
        ? `The ${word} ID '${gone[0]}' does not exist`
        : `The ${word} IDs '${gone.join(', ')}' do not exist`,
    );
  return ids.map((id) => rows.get(id)!);
}

const kinds = {
  Instance: {
    prefix: 'i',
    malformed: 'InvalidInstanceID.Malformed',
    missing: 'InvalidInstanceID.NotFound',
    word: 'instance',
  },
  Volume: { prefix: 'vol', malformed: 'InvalidParameterValue', missing: 'InvalidVolume.NotFound', word: 'volume' },
  Snapshot: {
    prefix: 'snap',
    malformed: 'InvalidParameterValue',
    missing: 'InvalidSnapshot.NotFound',
    word: 'snapshot',
  },
} as const;
