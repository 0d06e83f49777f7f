import type { Call } from './call.ts';
import { readFilters } from './filters.ts';
import type { FilterFields } from './filters.ts';
import { list } from './form.ts';
import type { Kept, Kind } from './model.ts';
import { type Page, pageOf, type PageRule } from './pages.ts';
import { invalid, notFound } from './problems.ts';
import { exists, find, isVisible } from './world.ts';

/** The parameters of every list. */
export const listParameters = ['Filter', 'MaxResults', 'NextToken', 'DryRun'] as const;

/** Source: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html */
const mostIds = 1_000;

/**
 * What a Describe call answers: by ids (all must be there and visible), or all that exist and can be seen; then through
 * the filters; then a page of it.
 */
export function describe<K extends Kind>(
  call: Call,
  kind: K,
  of: {
    ids: string;
    rule: PageRule;
    fields: FilterFields<Kept[K]>;
    /** Some lists have no filters for tags. */
    noTagFilters?: true;
    /** What else is left out before the filters. */
    also?: (record: Kept[K]) => boolean;
  },
): Page<Kept[K]> {
  const { world, form, lagMs, reader } = call;
  const ids = [...new Set(list(form, of.ids))];
  if (ids.length > mostIds) throw invalid(`The number of ids in the request exceeds the limit of ${mostIds}.`);
  const passes = readFilters<Kept[K]>(form, of.fields, of.noTagFilters ? undefined : ({ tags }) => tags);
  const now = world.now();
  const seen = (record: Kept[K]): boolean => isVisible(record, { now, lagMs, reader });
  const all = ids.length > 0 ? find(world, kind, ids).toSorted(byId) : world.tables[kind].all();
  const hidden = ids.length > 0 ? all.filter((record) => !seen(record)) : [];
  if (hidden.length > 0)
    throw notFound(
      kind,
      hidden.map(({ id }) => id),
    );
  const found = all.filter(
    (record) => exists(world, kind, record) && seen(record) && (of.also?.(record) ?? true) && passes(record),
  );
  return pageOf(found, ({ id }) => id, call, { ...of.rule, ids: of.ids });
}

function byId(one: { id: string }, other: { id: string }): number {
  return one.id < other.id ? -1 : 1;
}
