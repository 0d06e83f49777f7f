import { chosenBy, type Coverage, coverageOf, type Stock } from '#lib/tag-coverage.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Place } from '#ports/cloud.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { History } from '#ports/history.ts';
import type { Incidents } from '#ports/incidents.ts';
import type { SettingsSource, TagRule } from '#ports/settings.ts';

import { drifted, recovered } from './tag-watch-messages.ts';

type World = {
  clouds: Clouds;
  history: { watch: History['watch'] };
  incidents: Incidents;
  clock: Pick<Clock, 'now'>;
  settings: Pick<SettingsSource, 'current'>;
  log: Log;
};
/** `faulty`: servers and disks that were not in order when all was as people knew it; of the rule as it was then. */
export type Baseline = { faulty: number; rule: string; told?: boolean };

const prefix = 'tag-rule:';

/**
 * Tells once, an incident a rule, when more servers and disks than before are not in order, and resolves it once they are
 * again. What was not in order at first is no news, nor is what goes away. Says nothing while a place cannot be read.
 * Repeatable.
 */
export function createTagWatch(world: World) {
  const { clouds, history, incidents, clock, settings, log } = world;

  async function look(): Promise<void> {
    const { channels, tags } = settings.current();
    const required = tags.watch.enabled ? tags.required : [];
    const channel = tags.watch.channel ?? channels.alerts;
    const known = (await history.watch.load(prefix)) as unknown as ReadonlyMap<string, Baseline>; // written below
    await forgetOthers([...known.keys()], required);
    if (channel === undefined || required.length === 0) return;
    const stocks = await Promise.all(clouds.places().map(read));
    for (const rule of required) {
      const coverage = coverageOf(
        rule,
        stocks.map((stock) => chosenBy(rule, stock)),
      );
      try {
        await judge(coverage, known.get(prefix + rule.name), channel);
      } catch (error) {
        log.warn({ rule: rule.name, err: error }, 'how far a tag rule is kept could not be told; trying again soon');
      }
    }
  }

  async function judge(coverage: Coverage, known: Baseline | undefined, channel: string): Promise<void> {
    const key = prefix + coverage.rule.name;
    const isOpen = await incidents.isOpen(key);
    const { baseline, tell } = drift(coverage, known, isOpen);
    const now = clock.now();
    if (tell === 'drifted') {
      const report = drifted(coverage, baseline.faulty);
      await incidents.raise(key, { channel, startedAt: now, report });
    } else if (isOpen) await incidents.resolve(key, { endedAt: now, report: recovered(coverage) });
    await history.watch.save(new Map([[key, baseline]]));
  }

  async function read(place: Place): Promise<Stock> {
    const cloud = clouds.at(place, { lane: 'low' });
    const [instances, volumes] = await Promise.all([cloud.instances({}), cloud.volumes({})]);
    return { place, instances, volumes };
  }

  /** A rule that is gone has nothing to say any more. */
  async function forgetOthers(keys: readonly string[], rules: readonly TagRule[]): Promise<void> {
    const gone = keys.filter((key) => !rules.some(({ name }) => prefix + name === key));
    for (const key of gone)
      if (await incidents.isOpen(key))
        await incidents.resolve(key, { endedAt: clock.now(), report: recovered(undefined) });
    if (gone.length > 0) await history.watch.forget(gone);
  }

  return { look };
}

/**
 * What is news, and what counts as known from now on. A changed rule begins anew; what people have closed is known by them.
 * Pure.
 */
export function drift(
  { rule, things }: Pick<Coverage, 'rule' | 'things'>,
  known: Baseline | undefined,
  isOpen: boolean,
): { baseline: Baseline; tell: 'drifted' | undefined } {
  const faulty = things.all - things.good;
  const written = JSON.stringify([rule.selector, rule.keys, rule.propagate]);
  const isClosedByHand = known?.told === true && !isOpen;
  if (known === undefined || known.rule !== written || isClosedByHand || faulty <= known.faulty)
    return { baseline: { faulty, rule: written }, tell: undefined };
  return { baseline: { ...known, told: true }, tell: 'drifted' };
}
