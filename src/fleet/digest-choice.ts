import { lineage } from '#lib/backups.ts';
import { readSelector } from '#lib/selector.ts';
import { chosenBy } from '#lib/tag-coverage.ts';
import { sourceTag } from '#lib/tags.ts';
import { readWords } from '#lib/words.ts';
import type { Place } from '#ports/cloud.ts';
import type { IncidentRecord } from '#ports/history.ts';
import type { Digest } from '#ports/timed-settings.ts';

import type { Facts, Part } from './digest-summary.ts';

type Chosen = Pick<Digest, 'selector' | 'accounts' | 'regions'>;

/** The places that a digest is about. Pure. */
export function chosenPlaces<P extends Place>(places: readonly P[], { accounts, regions }: Chosen): readonly P[] {
  return places.filter(
    ({ name, region }) =>
      (accounts.length === 0 || (name !== undefined && accounts.includes(name))) &&
      (regions.length === 0 || regions.includes(region)),
  );
}

/** Of what was read of a place, what a digest is about. Pure. */
export function chosenFacts(facts: Facts, selector: string): Facts {
  const { all, tags } = readSelector(readWords(selector).plain, 'env=prod');
  if (all) return facts;
  const stock = {
    place: facts.place,
    instances: 'value' in facts.instances ? facts.instances.value : [],
    volumes: 'value' in facts.volumes ? facts.volumes.value : [],
  };
  const { instances, volumes } = chosenBy({ selector }, stock);
  const servers = new Set<string>(instances.map(({ id }) => id));
  const disks = new Set<string>(volumes.map(({ id }) => id));
  const lines = new Set<string>(volumes.flatMap(lineage));
  const wanted = Object.entries(tags);
  return {
    place: facts.place,
    instances: kept(facts.instances, ({ id }) => servers.has(id)),
    health: kept(facts.health, ({ instanceId }) => servers.has(instanceId)),
    volumes: kept(facts.volumes, ({ id }) => disks.has(id)),
    // Also what is left of disks that are gone, by its own tags.
    snapshots: kept(
      facts.snapshots,
      (one) =>
        lines.has(one.volumeId) ||
        lines.has(one.tags[sourceTag] ?? '') ||
        (wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(one.tags, key) && one.tags[key] === value)),
    ),
  };
}

/** Incidents that name a server or disk of these; of everything, everywhere: all of them, sites included. Pure. */
export function chosenIncidents(
  incidents: readonly IncidentRecord[],
  { facts, of }: { facts: readonly Facts[]; of: Chosen },
): readonly IncidentRecord[] {
  const isEverything = readSelector(readWords(of.selector).plain, 'env=prod').all;
  if (isEverything && of.accounts.length + of.regions.length === 0) return incidents;
  const ids = new Set<string>(
    facts.flatMap(({ instances, volumes }) => [
      ...('value' in instances ? instances.value.map(({ id }) => id) : []),
      ...('value' in volumes ? volumes.value.map(({ id }) => id) : []),
    ]),
  );
  return incidents.filter(({ key, report }) =>
    `${key} ${JSON.stringify(report)}`.match(/\b(?:i|vol)-[0-9a-f]{8,17}\b/g)?.some((id) => ids.has(id)),
  );
}

function kept<T>(part: Part<readonly T[]>, isWanted: (one: T) => boolean): Part<readonly T[]> {
  return 'value' in part ? { value: part.value.filter(isWanted) } : part;
}
