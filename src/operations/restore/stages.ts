import { count } from '#lib/format.ts';

import type { RestorePlan } from './plan.ts';

const names = ['create', 'stop', 'swap', 'start', 'verify', 'keep'] as const;
export type StageName = (typeof names)[number];

/** Index of a stage on the card; the same for every server, so that a fleet can be counted by it. */
export function stageOf(name: StageName): number {
  return names.indexOf(name);
}

/** The labels of the card's checklist. A server that was stopped passes the stages it does not need. */
export function stageLabels({ servers, putsBack }: RestorePlan): readonly string[] {
  const swaps = servers.flatMap((server) => server.swaps).length;
  const volumes = swaps === 1 ? 'volume' : count(swaps, 'volume');
  const many = servers.length > 1;
  return [
    putsBack
      ? `Look for the old ${volumes}`
      : `Create ${volumes} from ${swaps === 1 ? 'its snapshot' : 'their snapshots'}`,
    many ? 'Stop the servers' : 'Stop the server',
    `Swap the ${volumes}`,
    many ? 'Start the servers' : 'Start the server',
    many ? 'Wait for their status checks' : 'Wait for its status checks',
    'Keep the replaced disks for undo',
  ];
}
