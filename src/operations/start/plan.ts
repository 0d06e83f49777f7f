import type { Checks } from '#lib/checks.ts';
import type { Server } from '#lib/servers.ts';

export type StartPlan = { servers: readonly Server[] };

export type StartResult = { checks: Checks };
