import type { Kysely } from 'kysely';

import type { History } from '#ports/history.ts';

import { createAudit } from './audit.ts';
import { createCards } from './cards.ts';
import { createClaims } from './claims.ts';
import { createDecisions } from './decisions.ts';
import { createIncidents } from './incidents.ts';
import { createIntents } from './intents.ts';
import { createLeases } from './leases.ts';
import { createMeasures } from './measures.ts';
import { createParts } from './parts.ts';
import { createRuns } from './runs.ts';
import { createSlots } from './slots.ts';
import type { Tables } from './tables.ts';
import { createWatch } from './watch.ts';

/** Everything that outlives the process, on an opened store. */
export function createHistory({ kysely }: { kysely: Kysely<Tables> }): History {
  return {
    runs: createRuns(kysely),
    parts: createParts(kysely),
    decisions: createDecisions(kysely),
    claims: createClaims(kysely),
    intents: createIntents(kysely),
    cards: createCards(kysely),
    audit: createAudit(kysely),
    incidents: createIncidents(kysely),
    measures: createMeasures(kysely),
    watch: createWatch(kysely),
    slots: createSlots(kysely),
    leases: createLeases(kysely),
  };
}
