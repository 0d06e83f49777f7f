import type { Sighting, Silence } from '#ports/vantage.ts';

/** What several places saw of a site that fails here, names only. `down` begins with our own. */
export type Sight = {
  down: readonly string[];
  up: readonly string[];
  silent: readonly { from: string; why: Silence }[];
  /** Too few agree with us: nobody is told. */
  outvoted: boolean;
};

/**
 * Is a site that fails here down? Yes, when most of the places that answered see it too, and at least `confirm` of them,
 * or all, where fewer answered. We count as one. With no other answer our own verdict decides. Pure; undefined without
 * other places.
 */
export function sightOf(here: string, others: readonly Sighting[], confirm: number): Sight | undefined {
  if (others.length === 0) return undefined;
  const names = (saw: Sighting['saw']) => others.filter((one) => one.saw === saw).map(({ from }) => from);
  const down = [here, ...names('down')];
  const up = names('up');
  const answered = down.length + up.length;
  const needed = Math.max(Math.floor(answered / 2) + 1, Math.min(confirm, answered));
  const silent = others.flatMap((one) => (one.saw === 'nothing' ? [{ from: one.from, why: one.why }] : []));
  return { down, up, silent, outvoted: down.length < needed };
}
