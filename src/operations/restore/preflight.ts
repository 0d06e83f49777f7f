import type { Finding } from './finding.ts';
import type { PreflightFacts } from './preflight-facts.ts';
import { regionFindings } from './preflight-region.ts';
import { serverFindings } from './preflight-server.ts';
import { swapFindings } from './preflight-swap.ts';

/**
 * Everything that would make the work fail (blockers), and everything that a person should know before they approve it
 * (warnings). The list is section by section that of AWS's own conflicts. Pure.
 */
export function preflight(facts: PreflightFacts): readonly Finding[] {
  return [
    ...regionFindings(facts),
    ...facts.servers.flatMap((server) => [...serverFindings(server, facts), ...swapFindings(server, facts)]),
  ];
}
