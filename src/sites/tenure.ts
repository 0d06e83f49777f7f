import type { Fence } from '#ports/history.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { CheckFigures, SiteView } from '#ports/managed-sites.ts';
import type { Settings } from '#ports/settings.ts';
import type { Site } from '#ports/site-settings.ts';
import type { ProbeResult } from '#ports/web.ts';

import { createAnnouncer } from './announce.ts';
import { createBlindGuard } from './blind.ts';
import { createBook } from './book.ts';
import { createCanaries } from './canaries.ts';
import type { Watched } from './groups.ts';
import { createKin } from './kin.ts';
import { createLanes } from './lanes.ts';
import { isOurs, lookAt } from './look.ts';
import { createMaintenance } from './maintenance.ts';
import { createOutlook } from './outlook.ts';
import * as messages from './own-messages.ts';
import { createOwnTrouble } from './own-trouble.ts';
import { createPromises } from './promises.ts';
import { createPulse } from './pulse.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createLookAround } from './relatives.ts';
import { createRoll, type Entry } from './roll.ts';
import type { Sight } from './second-look.ts';
import { createServerFinder } from './server.ts';
import { createSetupWatch } from './setup.ts';
import type { SiteWatchWorld } from './site-world.ts';
import { cleared, isAlone } from './state.ts';
import { createTender } from './tender.ts';
import { createTurns } from './turns.ts';
import { failingMs, judge, nextCheck } from './verdict.ts';
import { viewOf } from './view.ts';

/** How stale the stored state of a site that is simply up may be. */
export const saveEveryMs = 5 * 60_000;
const stopWithinMs = 2_000;
/** One process' time as the one that watches: from when it may until it may no more. */
export type Tenure = {
  start: () => Promise<void>;
  /** A changed deckhand.yml: what is new begins, what is gone ends, what stayed goes on with what is known of it. */
  adopt: (settings: Settings) => void;
  stop: () => Promise<void>;
  views: () => readonly SiteView[];
  recent: Recorder['recent'];
  stateOf: (name: string) => Watched['state'] | undefined;
  figures: () => CheckFigures;
};

export function createTenure(world: SiteWatchWorld, fence: Fence | undefined): Tenure {
  const { incidents, clock, settings, log } = world;
  const rules = () => settings.current().monitoring;
  const book = createBook({ ...world, targetOf: (name) => roll.targetOf(name) }, fence);
  const onMinute = createPromises({ ...world, fence, channelOf });
  const recorder = createRecorder({ ...world, onMinute }, fence);
  const kin = createKin();
  const maintenance = createMaintenance(world);
  const isHeld = async (server: InstanceId) => (await world.history.claims.holders([server])).length > 0;
  const announcer = createAnnouncer({
    ...world,
    book,
    kin,
    fence,
    isHeld,
    find: createServerFinder(world),
    channelOf,
    get: (name) => roll.audible(name),
    all: () => roll.all(),
    rules: () => ({ ...rules().group, reopenMs: settings.current().alerts.reopenMs }),
  });
  const lanes = createLanes(() => rules().concurrency);
  const turns = createTurns({ clock, due });
  const roll = createRoll({ ...world, turns, kin, recorder, maintenance, book, announcer: () => announcer }, fence);
  const tender = createTender({ maintenance, announcer, all: roll.all, save, clock });
  const lookAround = createLookAround({ kin, get: (name) => roll.get(name), again, tell: announcer.tell });
  const addresses = () => rules().blind.canaries;
  const own = createOwnTrouble({ incidents, clock, log, fence, channel: () => channelOf(firstWithChannel()) });
  const outlook = createOutlook({ vantage: world.vantage, clock, settings, own, all: () => roll.all() });
  const setup = createSetupWatch({ own, clock, all: () => roll.all() });
  const guard = createBlindGuard({
    clock,
    rules: () => rules().blind,
    canaries: world.canaries ?? createCanaries({ ...world, addresses }),
    onBlind: (suspects) => own.begins('blind', messages.blind(suspects)),
    onSight,
  });
  const pulse = createPulse({
    ...world,
    heartbeat: () => rules().heartbeat,
    own,
    loopDelay: world.loopDelay ?? (() => 0),
  });
  let running = false;

  async function start(): Promise<void> {
    const kept = await book.load();
    await maintenance.refresh();
    running = true;
    const retireOthers = roll.load(kept);
    announcer.load(roll.all());
    retireOthers();
    own.ends('blind', messages.seesAgain());
    for (const entry of roll.all()) announcer.tell(entry);
    turns.start();
    pulse.start();
    outlook.start();
    setup.start();
    recorder.start();
    tender.start();
  }

  /** A check whose predecessor is still on its way is left out; the next turn stands. */
  function due(name: string, lateMs: number): void {
    const entry = roll.get(name);
    if (entry === undefined) return;
    turns.ordinary(name, entry.site.intervalMs);
    if (entry.busy) {
      pulse.skipped();
      return log.debug({ site: name }, 'a check was left out: the one before still runs');
    }
    entry.busy = true;
    pulse.due(name, lateMs);
    const urgent = entry.state.phase === 'suspect' || entry.state.phase === 'recovering';
    lanes.add({
      host: URL.parse(entry.site.url)?.host ?? entry.site.url,
      urgent,
      act: () => check(entry),
      parked: () => pulse.parked(name),
    });
  }

  async function check(entry: Entry): Promise<void> {
    const { site, state } = entry;
    pulse.started(site.name);
    const doubtful = turns.isDoubtful();
    const asked = outlook.begin(entry);
    const result = await lookAt(world, site, state.phase === 'suspect');
    const isHere = result !== undefined && !isOurs(result, doubtful);
    if (isHere && result.failure !== undefined && !guard.isFrozen()) {
      // What other places see is waited for outside of the lane, which others need.
      void outlook.sight(entry, asked).then((sight) => conclude(entry, { result, sight }));
    } else conclude(entry, isHere ? { result } : undefined);
  }

  /** `seen` undefined: the check said nothing. */
  function conclude(entry: Entry, seen: { result: ProbeResult; sight?: Sight | undefined } | undefined): void {
    const { name } = entry.site;
    entry.busy = false;
    if (!running || roll.get(name) !== entry) return;
    const counted = seen !== undefined && !guard.isFrozen();
    if (counted) take(entry, seen.result, seen.sight);
    else recorder.skip(name);
    const ends = { startedAt: seen?.result.startedAt ?? clock.now(), endedAt: clock.now(), counted };
    const next = guard.isFrozen() ? undefined : nextCheck(entry.state, entry.site, ends);
    if (next !== undefined) turns.at(name, next);
  }

  function take(entry: Entry, result: ProbeResult, sight: Sight | undefined): void {
    const before = entry.state;
    const after = judge(before, result, entry.site, sight);
    entry.state = after;
    if (maintenance.of(entry.site.name) === undefined) recorder.saw(entry.site, { before, after, result });
    else recorder.skip(entry.site.name);
    const turned = before.phase !== after.phase || isAlone(before) !== isAlone(after);
    const moved = before.addresses !== after.addresses || before.canonical !== after.canonical;
    if (turned || moved || before.quiet !== after.quiet) roll.file(entry);
    guard.saw({
      turned: after.phase === 'suspect' && before.phase !== 'suspect',
      reached: result.failure === undefined || result.status !== undefined,
      failingMs: failingMs(after, entry.site, clock.now()),
    });
    lookAround(before, entry);
    const changed =
      before.phase !== after.phase ||
      before.slowSince !== after.slowSince ||
      before.intermittentSince !== after.intermittentSince ||
      before.certificate?.fingerprint !== after.certificate?.fingerprint;
    if (changed || after.phase !== 'up' || clock.now() - entry.savedAt > saveEveryMs) save(entry);
    announcer.tell(entry);
  }

  /** Out of turn, unless it is being looked at. */
  function again(name: string): void {
    if (roll.get(name)?.busy === false) turns.at(name, clock.now());
  }

  function save(entry: Entry): void {
    entry.savedAt = clock.now();
    book.soon(entry.site.name, () => ({ state: entry.state, told: entry.told }));
  }

  function channelOf(site: Pick<Site, 'channel'> | undefined) {
    return site?.channel ?? settings.current().channels.alerts;
  }

  function firstWithChannel(): Site | undefined {
    return settings.current().sites.find((site) => site.channel !== undefined);
  }

  /** Suspicion that arose while we saw nothing is void; suspicion that the others confirmed goes on as it was planned. */
  function onSight(wasBlind: boolean): void {
    const now = clock.now();
    for (const entry of roll.all()) {
      if (entry.state.phase !== 'suspect') continue;
      if (wasBlind) {
        entry.state = cleared(entry.state);
        roll.file(entry);
      } else {
        const next = nextCheck(entry.state, entry.site, { startedAt: now, endedAt: now, counted: true }) ?? now;
        turns.at(entry.site.name, Math.max(now, next));
      }
    }
    if (wasBlind) own.ends('blind', messages.seesAgain());
  }

  async function stop(): Promise<void> {
    running = false;
    tender.stop();
    turns.stop();
    pulse.stop();
    outlook.stop();
    setup.stop();
    guard.stop();
    lanes.clear();
    await announcer.close(stopWithinMs);
    for (const entry of roll.all()) save(entry);
    await book.close();
    await recorder.stop();
  }

  function views(): readonly SiteView[] {
    return settings.current().sites.map((site) =>
      viewOf(site, {
        state: roll.get(site.name)?.state,
        work: maintenance.of(site.name),
        isBlind: guard.isBlind(),
        now: clock.now(),
      }),
    );
  }

  return {
    start,
    adopt(changed) {
      if (!running) return;
      roll.adopt(changed);
      void tender.tend();
    },
    stop,
    views,
    recent: recorder.recent,
    stateOf: (name) => roll.get(name)?.state,
    figures: () => ({ ...pulse.figures(), ...flight() }),
  };

  function flight() {
    const { running: inFlight, waiting } = lanes.counts();
    return { inFlight, waiting };
  }
}
