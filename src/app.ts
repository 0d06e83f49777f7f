import { createServerGuard } from '#fleet/automatic.ts';
import { createBackupWatch } from '#fleet/backups.ts';
import { createDigest, type DigestInput } from '#fleet/digest.ts';
import { createLeftoverWatch } from '#fleet/leftovers.ts';
import { createTagWatch } from '#fleet/tag-watch.ts';
import { createTimedWork } from '#fleet/timed.ts';
import { createHealthWatches } from '#fleet/watches.ts';
import { placeFlags } from '#lib/places.ts';
import { operations } from '#operations/index.ts';
import { createPeople } from '#policy/people.ts';
import type { Inbound } from '#ports/chat.ts';
import type { Calendar, Cancel, Schedules } from '#ports/clock.ts';
import { home } from '#ports/clouds.ts';
import type { SiteReader } from '#ports/managed-sites.ts';
import type { Pictures } from '#ports/pictures.ts';
import type { Vantage } from '#ports/vantage.ts';
import type { Web } from '#ports/web.ts';
import { createAnswer } from '#runtime/answer.ts';
import { createAsk, createAskingFor } from '#runtime/ask.ts';
import { createAutomatic } from '#runtime/automatic.ts';
import { createSubmit } from '#runtime/form.ts';
import { createFreeze } from '#runtime/freeze.ts';
import { createHome } from '#runtime/home.ts';
import { createIncidentActs } from '#runtime/incident-acts.ts';
import { createIncidentPress } from '#runtime/incident-press.ts';
import { createIncidents } from '#runtime/incidents.ts';
import { createLease } from '#runtime/lease.ts';
import { createParts } from '#runtime/parts.ts';
import { postOnce } from '#runtime/posting.ts';
import { createRemediation } from '#runtime/remediation.ts';
import { createReminders } from '#runtime/reminders.ts';
import { serveReport } from '#runtime/reports.ts';
import { findChange } from '#runtime/run-record.ts';
import { createRun } from '#runtime/run.ts';
import { createSuggest } from '#runtime/suggest.ts';
import { createTroubleWatch } from '#runtime/trouble.ts';
import type { World } from '#runtime/world.ts';
import { createManagedSites } from '#sites/managed.ts';
import { shadowed } from '#sites/messages.ts';
import { createPastView } from '#sites/past-view.ts';
import { createSiteReports } from '#sites/report.ts';
import { createServerFinder } from '#sites/server.ts';
import { createSiteWatch, type SiteWatch } from '#sites/watch.ts';
import { type Copies, createCopies } from '#status-page/copies.ts';
import { createPageReader } from '#status-page/read.ts';

import { createClockwork } from './clockwork.ts';
import { createSettling, createUnfinished } from './unfinished.ts';

/** Everything the product needs from outside. */
export type AppWorld = Omit<World, 'operations'> & {
  web: Web;
  vantage: Vantage;
  schedules: Schedules;
  pictures: Pictures;
  calendar: Calendar;
  /** How late our event loop was at most in 99 of 100 turns since it was last asked, ms. */
  loopDelay: () => number;
  /** How sites are read, by the schema of deckhand.yml. */
  siteReader: SiteReader;
};
export type App = {
  /** What the chat adapter calls. */
  inbound: Inbound;
  /** How the site checks go; undefined where another replica makes them. */
  checks: SiteWatch['figures'];
  /** The public page, for a listener of its own. */
  statusPage: Copies;
  /** Takes up what an earlier process left, then begins to watch. */
  start: () => Promise<void>;
  /** Takes no new work, lets steps in flight end, leaves waiting runs to the next start. At most `withinMs`. */
  stop: (withinMs: number) => Promise<void>;
};

/** For lines of alerts that still wait when Deckhand stops. */
const lastWordsMs = 2_000;
/** How often it is decided whether to act on an open incident. */
const remedyMs = 5_000;

/** The slot of the hour that began last. */
function hourOf(at: number): number {
  return at - (at % 3_600_000);
}

/** The product on any world it is given. */
export function createApp(outside: AppWorld): App {
  const find = createServerFinder({ ...outside, cloud: outside.clouds.at(home), elsewhere });
  const managed = createManagedSites({ ...outside, reader: outside.siteReader, find, onShadowed: tellShadowed });
  const world: World & AppWorld = { ...outside, settings: managed.settings, operations };
  const who = createPeople(world);
  const incidents = createIncidents(world, {
    pictures: world.pictures,
    chartOf: ({ key, startedAt }, { sites: names = [] }) => sites.chartOf({ key, startedAt, sites: names }),
  });
  const sites = createSiteWatch({ ...world, cloud: world.clouds.at(home), elsewhere, incidents });
  // One replica checks the sites; the others would only check them again, and tell twice.
  const watching = createLease({ ...world, holder: world.randomText(8) }, 'sites', {
    begin: (fence) => sites.start(fence),
    end: () => sites.stop(),
  });
  const views = {
    sites: sites.views,
    checks: sites.figures,
    vantage: outside.vantage.points,
    siteHistory: createPastView(world),
    whyNotMend: sites.whyNotMend,
    schedules: () => clockwork.views(),
    desk: managed.desk,
  };
  const asking = createAskingFor(world, who, views);
  const act = createIncidentActs({ world, who, incidents });
  const ask = createAsk({ world, who, asking, desk: managed.desk, act });
  const health = createHealthWatches({ ...world, incidents });
  const guarding = createLease({ ...world, holder: world.randomText(8) }, 'health', {
    begin: async (fence) => health.begin(fence),
    end: async () => health.end(),
  });
  const reports = createSiteReports(world);
  const remind = createReminders(world);
  const lookForTrouble = createTroubleWatch(world, incidents);
  const automatic = createAutomatic({ world, asking, incidents });
  const whyNotAct = createServerGuard(world);
  const freeze = createFreeze(world);
  const remedy = createRemediation({ world, automatic, incidents, whyNotAct, freeze, onGivenUp: remind });
  const backups = createBackupWatch({ ...world, incidents });
  const digest = createDigest(world);
  const timed = createTimedWork({
    ...world,
    automatic,
    postDigest: (id, of: DigestInput) => world.engine.start(id, 'digest', of),
  });
  const tagRules = createTagWatch({ ...world, incidents });
  const leftovers = createLeftoverWatch({ ...world, incidents, automatic });
  const settling = createSettling(world);
  const clockwork = createClockwork(world, { health, reports, timed, tagRules, leftovers, backups, settling });
  const unfinished = createUnfinished(world, {
    settling,
    matters: { trouble: lookForTrouble, incidents: () => incidents.flush(), reminders: remind },
  });
  let stopped = false;
  let remedying: Cancel = () => undefined;

  const parts = createParts(world, (name) => findChange(world, name));

  world.engine.serve(
    'run',
    createRun({ world, who, asking, incidents, automatic, parts, sites: sites.views, whyNotAct, freeze }),
  );
  world.engine.serve('part', parts.body);
  automatic.serve();
  serveReport(world, 'digest', (input) => digest.compose(input as DigestInput)); // written by postDigest
  serveReport(world, 'site-report', async (input) => {
    const { channel } = input as { channel: string }; // written by the schedule
    const report = await reports.compose(channel);
    return report && { ...report, channel };
  });

  /** Once for each time that such a site is stored. */
  async function tellShadowed(name: string, at: number): Promise<void> {
    const channel = world.settings.current().channels.alerts;
    if (channel === undefined || !(await world.history.slots.claim(`shadowed:${name}:${at}`))) return;
    await postOnce(world, channel, shadowed(name, outside.siteReader.whereIs(name)), '');
  }

  function elsewhere() {
    const places = world.clouds.places();
    return places.slice(1).map((place) => ({ cloud: world.clouds.at(place), flags: placeFlags(place, places) }));
  }

  function keepRemedying(): void {
    if (stopped) return;
    remedying = world.clock.after(remedyMs, () => void settling('remedies', remedy).finally(keepRemedying));
  }

  /** Who may do what can change with it, so the record says when. */
  function settingsChanged(): void {
    clockwork.begin();
    const at = world.clock.now();
    world.history.audit
      .append({
        key: `settings:${at}`,
        at,
        kind: 'settings',
        actor: 'deckhand',
        run: undefined,
        operation: undefined,
        channel: undefined,
        targets: [],
        detail: 'deckhand.yml was changed and applied',
      })
      .catch((error: unknown) => world.log.error({ err: error }, 'a change of the settings could not be recorded'));
  }

  async function start(): Promise<void> {
    await world.engine.launch();
    await unfinished.start();
    keepRemedying();
    clockwork.begin();
    void settling('leftovers', () => leftovers.look(hourOf(world.clock.now())));
    outside.settings.onChange(settingsChanged);
    await managed.start();
    await Promise.all([watching.start(), guarding.start()]);
  }

  async function stop(withinMs: number): Promise<void> {
    unfinished.stop();
    remedying();
    stopped = true;
    managed.stop();
    // The slot that runs ends first, and then another replica may watch.
    const quiet = world.schedules.stop(Math.min(withinMs, 2_000)).then(() => guarding.stop());
    await Promise.all([quiet, watching.stop(), world.engine.stop(withinMs)]);
    await incidents.close(lastWordsMs);
  }

  const inbound: Inbound = {
    command: ask.command,
    press: createAnswer({ world, who, ask, asking, incident: createIncidentPress({ world, ask, act, incidents }) }),
    submit: createSubmit({ world, ask, desk: managed.desk }),
    suggest: createSuggest(world),
    homeOpened: createHome({ world, who, sites: views.sites, checks: views.checks }),
  };
  const statusPage = createCopies({
    ...world,
    read: createPageReader({ ...world, views: sites.views }),
    everyMs: () => world.settings.current().statusPage.everyMs,
  });
  return { inbound, statusPage, checks: sites.figures, start, stop };
}
