import type { Watched } from './groups.ts';
import type { Kin } from './kin.ts';
import { isDown, type SiteState } from './state.ts';

/** Relatives of a failing site that are looked at out of turn. */
const mostSiblings = 20;

/**
 * What may fail for the same reason is looked at at once, so that one message tells all: the parent with the first
 * failure, those that share something with the second. When a parent ends or begins to fail its children are looked at too.
 */
export function createLookAround(world: {
  kin: Pick<Kin, 'siblings' | 'children'>;
  get: (name: string) => Watched | undefined;
  /** Checks a site out of turn. */
  again: (name: string) => void;
  tell: (of: Watched) => void;
}) {
  const { kin, get } = world;

  return function lookAround(before: SiteState, { site, state }: Watched): void {
    if (state.phase === 'suspect' && state.failures === 1 && site.parent !== undefined) again(site.parent, 'up');
    if (state.phase === 'suspect' && state.failures === 2)
      for (const name of kin.siblings(site.name, mostSiblings)) again(name, 'up');
    if (state.phase === before.phase || (state.phase !== 'down' && state.phase !== 'up')) return;
    for (const name of kin.children(site.name)) {
      if (state.phase === 'up' && isDown(before)) again(name, 'down');
      const child = get(name);
      if (child !== undefined) world.tell(child);
    }
  };

  function again(name: string, phase: SiteState['phase']): void {
    if (get(name)?.state.phase === phase) world.again(name);
  }
}
