import { readSelector } from '#lib/selector.ts';
import { chosenBy } from '#lib/tag-coverage.ts';
import { readWords } from '#lib/words.ts';
import type { IncidentRecord } from '#ports/history.ts';

import type { Part } from './digest-messages.ts';
import type { Facts } from './digest-summary.ts';

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
        disks.has(one.volumeId) ||
        (wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(one.tags, key) && one.tags[key] === value)),
    ),
  };
}

/** Incidents that name a server or disk of these; of everything: all of them, sites included. Pure. */
export function chosenIncidents(
  incidents: readonly IncidentRecord[],
  { facts, selector }: { facts: readonly Facts[]; selector: string },
): readonly IncidentRecord[] {
  if (readSelector(readWords(selector).plain, 'env=prod').all) return incidents;
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
