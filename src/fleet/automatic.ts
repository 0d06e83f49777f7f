import { chosenBy } from '#lib/tag-coverage.ts';
import type { Instance, InstanceHealth } from '#ports/cloud.ts';
import type { Clouds, Where } from '#ports/clouds.ts';
import type { History } from '#ports/history.ts';
import { InstanceId, type RunId } from '#ports/ids.ts';
import type { Remedy, Report } from '#ports/incidents.ts';
import { serverCures, type ServerRule } from '#ports/settings.ts';

import { caseOf, caseOfEvents } from './cases.ts';
import { type Cure, decide } from './decisions.ts';
import { diagnose } from './diagnosis.ts';
import { createServerMaintenance } from './maintenance.ts';

/** The operation that a cure is. */
export function operationOf(cure: Cure): string {
  return cure === 'reboot' ? 'restart' : cure;
}

/** Names on each remedy the first rule of deckhand.yml that may allow it without a person. Pure. */
export function withRules(report: Report, instance: Instance, rules: readonly ServerRule[]): Report {
  const mine = rules.filter((rule) => isFor(rule, instance));
  const ruled = (remedy: Remedy): Remedy => {
    if (remedy.asks === true) return remedy;
    const rule = mine.find(({ remedy: cure }) => operationOf(cure) === remedy.operation);
    return rule === undefined ? remedy : { ...remedy, rule: `server:${rule.name}` };
  };
  return mine.length === 0 ? report : { ...report, remedies: report.remedies.map(ruled) };
}

export function hasRule(instance: Instance, rules: readonly ServerRule[]): boolean {
  return rules.some((rule) => isFor(rule, instance));
}

function isFor({ selector }: ServerRule, instance: Instance): boolean {
  return chosenBy({ selector }, { place: nowhere, instances: [instance], volumes: [] }).instances.length > 0;
}
const nowhere: Where = { account: '', region: '' };

/**
 * What is about to be done for an incident; `run`: the one that will, which may hold the server already. `chosen`: by a
 * person, whose choice among the remedies counts.
 */
export type Intent = {
  incident: { key: string; startedAt: number };
  operation: string;
  place: Where;
  rule?: ServerRule | undefined;
  run?: RunId | undefined;
  chosen?: boolean;
};
type Needs = Parameters<typeof createServerMaintenance>[0] & {
  clouds: Clouds;
  history: Pick<History, 'claims'>;
};

/**
 * Looks at a server once more before something is done to it for an alert: why that must not be, in a sentence;
 * undefined: what raised the incident is still there, the diagnosis of this moment proposes the same, and no run works on
 * it. Throws when AWS does not say: who sees nothing does nothing.
 */
export function createServerGuard(needs: Needs) {
  const { clouds, history, clock } = needs;
  const inMaintenance = createServerMaintenance(needs);
  return async function whyNotAct(of: Intent): Promise<string | undefined> {
    const { incident, place, rule, run, chosen = false } = of;
    const [topic, named = ''] = incident.key.split(':', 2);
    const id = InstanceId.safeParse(named).data;
    if (id === undefined) return chosen ? undefined : 'The incident is about no single server.';
    const holder = (await history.claims.holders([id])).find((one) => one.run !== run);
    if (holder !== undefined && !chosen) return `Run ${holder.run} works on ${id}.`;
    const cloud = clouds.at(place, { lane: 'low' });
    const [[instance], [health]] = await Promise.all([cloud.instances({ ids: [id] }), cloud.health([id])]);
    if (instance === undefined) return `${id} is gone.`;
    if (rule !== undefined && !isFor(rule, instance)) return `The rule ${rule.name} is no longer about ${id}.`;
    const work = await inMaintenance(async () => ({ instances: [instance], volumes: [] }));
    if (work.has(id) && !chosen) return `${id} is in maintenance.`;
    const cures = topic === 'event' ? ofEvents(instance, health) : ofChecks(instance, health, of, clock.now());
    if (cures === undefined) return `What was wrong with ${id} is over.`;
    if (chosen) return undefined;
    const proposed = serverCures.filter((cure) => cures.includes(cure)).map(operationOf);
    return proposed.includes(of.operation) ? undefined : `What is wrong with ${id} now needs another remedy.`;
  };
}

function ofChecks(
  instance: Instance,
  health: InstanceHealth | undefined,
  { incident, chosen = false }: Intent,
  now: number,
): readonly Cure[] | undefined {
  // It was running when the incident began, so that a stop by anybody but a person counts.
  const finding = diagnose({ instance, health, wasRunning: true });
  if (finding.kind === 'unclear' && chosen) return [];
  if (finding.kind !== 'impaired' && finding.kind !== 'stopped') return undefined;
  const of = { since: incident.startedAt, now, events: health?.events ?? [] };
  return decide(caseOf(finding, instance, of), { hasSnapshot: true }).cures;
}

function ofEvents(instance: Instance, health: InstanceHealth | undefined): readonly Cure[] | undefined {
  const events = (health?.events ?? []).filter(({ completed }) => !completed);
  return events.length === 0 ? undefined : decide(caseOfEvents(events, instance), { hasSnapshot: true }).cures;
}
