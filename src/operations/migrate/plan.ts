import type { Checks } from '#lib/checks.ts';
import type { MovedServer } from '#lib/hosts.ts';
import type { Server } from '#lib/servers.ts';

export type MigratePlan = { servers: readonly (Server & Omit<MovedServer, 'id' | 'name'>)[] };

export type MigrateResult = { checks: Checks };
