import type { Server } from '#lib/servers.ts';

export type StandbyPlan = { server: Server; group: string; back: boolean };
