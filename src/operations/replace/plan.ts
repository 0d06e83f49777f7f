import type { Server } from '#lib/servers.ts';

export type ReplacePlan = { server: Server; group: string };

export type ReplaceResult = { replaced: boolean };
