import type { SiteView } from '#operations/contract.ts';
import type { Cancel } from '#ports/clock.ts';
import type { Fence } from '#ports/history.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Settings, Site } from '#ports/settings.ts';
import type { ProbeResult } from '#ports/web.ts';

import { createAnnouncer } from './announce.ts';
import { createBlindGuard } from './blind.ts';
import { createBook } from './book.ts';
import { createCanaries } from './canaries.ts';
import type { Watched } from './groups.ts';
import { createKin } from './kin.ts';
import { createLanes } from './lanes.ts';
import { createMaintenance } from './maintenance.ts';
import { createOutlook } from './outlook.ts';
import * as messages from './own-messages.ts';
import { createOwnTrouble } from './own-trouble.ts';
import { probeOf } from './probe-of.ts';
import { createPromises } from './promises.ts';
import { createPulse, type PulseFigures } from './pulse.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { createLookAround } from './relatives.ts';
import { copyPast, renamesOf } from './renames.ts';
import type { Sight } from './second-look.ts';
import { createServerFinder } from './server.ts';
import type { SiteWatchWorld } from './site-world.ts';
import { createTurns } from './turns.ts';
import { afterMaintenance, cleared, isAlone, isDown, judge, newState, nextCheck } from './verdict.ts';
import { viewOf } from './view.ts';

type Entry = Watched & { busy: boolean; savedAt: number; workSince: number | undefined; silence: number | undefined };

/** The longest a new site waits for its first check, whatever its interval. */
const firstWithinMs = 60_000;
/** How stale the stored state of a site that is simply up may be. */
export const saveEveryMs = 5 * 60_000;
const stopWithinMs = 2_000;
/** How soon a window or a press is noticed. */
const workEveryMs = 5_000;

/** One process' time as the one that watches: from when it may until it may no more. */
export type Tenure = {
  start: () => Promise<void>;
  /** A changed deckhand.yml: what is new begins, what is gone ends, what stayed goes on with what is known of it. */
  adopt: (settings: Settings) => void;
  stop: () => Promise<void>;
  views: () => readonly SiteView[];
  recent: Recorder['recent'];
  stateOf: (name: string) => Watched['state'] | undefined;
  figures: () => PulseFigures & { inFlight: number; waiting: number };
};

export function createTenure(world: SiteWatchWorld, fence: Fence | undefined): Tenure {
  const { web, incidents, clock, settings, log } = world;
  const rules = () => settings.current().monitoring;
  const book = createBook(world, fence);
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
    get: audible,
    all: () => entries.values(),
    rules: () => ({ ...rules().group, reopenMs: settings.current().alerts.reopenMs }),
  });
  const lanes = createLanes(() => rules().concurrency);
  const turns = createTurns({ clock, due });
  const lookAround = createLookAround({ kin, get: (name) => entries.get(name), again, tell: announcer.tell });
  const addresses = () => rules().blind.canaries;
  const own = createOwnTrouble({ incidents, clock, log, fence, channel: () => channelOf(firstWithChannel()) });
  const outlook = createOutlook({ vantage: world.vantage, clock, settings, own, all: () => entries.values() });
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
    onStall: (overdueMs) => own.begins('stalled', messages.stalled(overdueMs)),
    onFlow: () => own.ends('stalled', messages.flowsAgain()),
  });
  const entries = new Map<string, Entry>();
  let running = false;
  let nextWork: Cancel = () => {};

  /** Not one in maintenance, nor a silenced one of which nothing was told before. */
  function audible(name: string): Watched | undefined {
    const entry = entries.get(name);
    if (entry === undefined || maintenance.of(name) !== undefined) return undefined;
    const isOpen = Object.values(entry.told).some((told) => told?.over === false);
    return isOpen || maintenance.silence(name) === undefined ? entry : undefined;
  }

  async function start(): Promise<void> {
    const kept = await book.load();
    await maintenance.refresh();
    running = true;
    for (const site of settings.current().sites.filter(({ paused }) => !paused)) {
      const known = kept.get(site.name);
      const state = known === undefined ? newState() : cleared(known.state);
      add(site, { state, told: known?.told ?? {} });
    }
    announcer.load(entries.values());
    for (const [name, { told }] of kept) if (!entries.has(name)) retire(name, told);
    own.ends('blind', messages.seesAgain());
    own.ends('stalled', messages.flowsAgain());
    for (const entry of entries.values()) announcer.tell(entry);
    turns.start();
    pulse.start();
    outlook.start();
    recorder.start();
    keepWork();
  }

  function add(site: Site, known: Pick<Watched, 'state' | 'told'>): void {
    const entry: Entry = {
      site,
      ...known,
      busy: false,
      savedAt: clock.now(),
      workSince: undefined,
      silence: undefined,
    };
    entry.workSince = maintenance.of(site.name)?.since;
    entries.set(site.name, entry);
    file(entry);
    turns.ordinary(site.name, site.intervalMs, firstWithinMs);
  }

  function adopt({ sites }: Settings): void {
    if (!running) return;
    const wanted = sites.filter(({ paused }) => !paused);
    const names = new Set(wanted.map(({ name }) => name));
    const gone = [...entries.values()].filter(({ site }) => !names.has(site.name));
    const known = new Set(sites.map(({ name }) => name));
    const removed = gone.map(({ site }) => site).filter(({ name }) => !known.has(name));
    const added = wanted.filter(({ name }) => !entries.has(name));
    const renames = renamesOf(removed, added);
    for (const { site, told } of gone) {
      const { name } = site;
      entries.delete(name);
      kin.forget(name);
      recorder.forget(name);
      turns.remove(name);
      retire(name, told, renames.get(name));
    }
    for (const site of wanted) {
      const entry = entries.get(site.name);
      if (entry === undefined) {
        const before = gone.find((one) => renames.get(one.site.name) === site.name);
        add(site, { state: before?.state ?? newState(), told: {} });
      } else {
        const moved = entry.site.intervalMs !== site.intervalMs;
        entry.site = site;
        file(entry);
        if (moved) turns.ordinary(site.name, site.intervalMs, firstWithinMs);
      }
    }
    for (const [from, to] of renames) keepPast(from, to);
    void tendWork();
  }

  function keepPast(from: string, to: string): void {
    copyPast(world.history, { from, to, now: clock.now() }, fence).catch((error: unknown) =>
      log.warn({ site: to, before: from, err: error }, 'a renamed site could not take its history along'),
    );
  }

  function file({ site, state }: Entry): void {
    const failing = ((state.phase === 'suspect' && !isAlone(state)) || isDown(state)) && !state.quiet;
    kin.file(site, { addresses: state.addresses, failing });
  }

  function retire(name: string, told: Watched['told'], as?: string): void {
    const why =
      as !== undefined ? { as } : settings.current().sites.some((site) => site.name === name) ? 'paused' : 'removed';
    announcer.retire(name, told, why).catch((error: unknown) => {
      log.warn({ site: name, err: error }, 'a site that is no longer watched could not be closed; at the next start');
    });
  }

  /** A check whose predecessor is still on its way is left out; the next turn stands. */
  function due(name: string, lateMs: number): void {
    const entry = entries.get(name);
    if (entry === undefined) return;
    turns.ordinary(name, entry.site.intervalMs);
    if (entry.busy) {
      pulse.skipped();
      return log.debug({ site: name }, 'a check was left out: the one before still runs');
    }
    entry.busy = true;
    pulse.due(name, lateMs);
    const urgent = entry.state.phase === 'suspect' || entry.state.phase === 'recovering';
    lanes.add({ host: URL.parse(entry.site.url)?.host ?? entry.site.url, urgent, act: () => check(entry) });
  }

  async function check(entry: Entry): Promise<void> {
    const { site, state } = entry;
    pulse.started(site.name);
    const doubtful = turns.isDoubtful();
    const asked = outlook.begin(entry);
    const result = await look(site, state.phase === 'suspect');
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
    if (!running || entries.get(name) !== entry) return;
    const counted = seen !== undefined && !guard.isFrozen();
    if (counted) take(entry, seen.result, seen.sight);
    else recorder.skip(name);
    const ends = { startedAt: seen?.result.startedAt ?? clock.now(), endedAt: clock.now(), counted };
    const next = guard.isFrozen() ? undefined : nextCheck(entry.state, entry.site, ends);
    if (next !== undefined) turns.at(name, next);
  }

  async function look(site: Site, freshDns: boolean): Promise<ProbeResult | undefined> {
    try {
      return await web.probe(probeOf(site, freshDns));
    } catch (error) {
      log.error({ site: site.name, err: error }, 'a check broke down'); // the port promises that it never does
      return undefined;
    }
  }

  function take(entry: Entry, result: ProbeResult, sight: Sight | undefined): void {
    const before = entry.state;
    const after = judge(before, result, entry.site, sight);
    entry.state = after;
    if (maintenance.of(entry.site.name) === undefined) recorder.saw(entry.site, { before, after, result });
    else recorder.skip(entry.site.name);
    const turned = before.phase !== after.phase || isAlone(before) !== isAlone(after);
    if (turned || before.addresses !== after.addresses || before.quiet !== after.quiet) file(entry);
    guard.saw({
      turned: after.phase === 'suspect' && before.phase !== 'suspect',
      reached: result.failure === undefined || result.status !== undefined,
      failingMs: after.failures > 1 ? clock.now() - (after.firstFailureAt ?? clock.now()) : 0,
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
    if (entries.get(name)?.busy === false) turns.at(name, clock.now());
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
    for (const entry of entries.values()) {
      if (entry.state.phase !== 'suspect') continue;
      if (wasBlind) {
        entry.state = cleared(entry.state);
        file(entry);
      } else {
        const next = nextCheck(entry.state, entry.site, { startedAt: now, endedAt: now, counted: true }) ?? now;
        turns.at(entry.site.name, Math.max(now, next));
      }
    }
    if (wasBlind) own.ends('blind', messages.seesAgain());
  }

  function keepWork(): void {
    nextWork = clock.after(workEveryMs, () => void tendWork().finally(() => running && keepWork()));
  }

  /** Work that ended: only what differs from before it is told. */
  async function tendWork(): Promise<void> {
    await maintenance.refresh();
    for (const entry of running ? entries.values() : []) {
      const since = maintenance.of(entry.site.name)?.since;
      if (since === undefined && entry.workSince !== undefined) {
        entry.state = afterMaintenance(entry.state, entry.workSince);
        save(entry);
        announcer.tellAfterWork(entry);
      }
      entry.workSince = since;
      const silence = maintenance.silence(entry.site.name);
      if (silence === entry.silence) continue;
      entry.silence = silence;
      if (silence === undefined) announcer.tell(entry);
      else await announcer.silence(entry, silence);
    }
  }

  async function stop(): Promise<void> {
    running = false;
    nextWork();
    turns.stop();
    pulse.stop();
    outlook.stop();
    guard.stop();
    lanes.clear();
    await announcer.close(stopWithinMs);
    for (const entry of entries.values()) save(entry);
    await book.close();
    await recorder.stop();
  }

  function views(): readonly SiteView[] {
    return settings.current().sites.map((site) =>
      viewOf(site, {
        state: entries.get(site.name)?.state,
        work: maintenance.of(site.name),
        isBlind: guard.isBlind(),
        now: clock.now(),
      }),
    );
  }

  return {
    start,
    adopt,
    stop,
    views,
    recent: recorder.recent,
    stateOf: (name) => entries.get(name)?.state,
    figures: () => ({ ...pulse.figures(), ...flight() }),
  };

  function flight() {
    const { running: inFlight, waiting } = lanes.counts();
    return { inFlight, waiting };
  }
}

/** Our own fault, or a silence while we stood still. */
function isOurs({ failure }: ProbeResult, doubtful: boolean): boolean {
  if (failure === undefined) return false;
  const silence = failure.class === 'deadline' || failure.class === 'connect-timeout' || failure.class === 'dns';
  return failure.class === 'monitor' || (doubtful && silence);
}
