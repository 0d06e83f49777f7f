import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

import { type App, createApp } from '#app.ts';
import { createClouds } from '#aws/clouds.ts';
import { createPictures } from '#chart/pictures.ts';
import { createSettings, type Environment, readSecret } from '#config.ts';
import { createContainers } from '#docker/containers.ts';
import { createEngine } from '#engine/engine.ts';
import { operations } from '#operations/index.ts';
import type { Log } from '#ports/clock.ts';
import { home } from '#ports/clouds.ts';
import type { History } from '#ports/history.ts';
import { createSlack, type SlackOptions } from '#slack/app.ts';
import type { Identity } from '#slack/identity.ts';
import { serveStatusPage } from '#status-page/server.ts';
import { createHistory } from '#store/history.ts';
import { openStore } from '#store/open.ts';
import { createTerraform } from '#terraform/states.ts';
import { createCalendar } from '#timers/calendar.ts';
import { createClock } from '#timers/clock.ts';
import { createLoopDelay } from '#timers/loop-delay.ts';
import { createRandomText } from '#timers/random.ts';
import { createSchedules } from '#timers/schedules.ts';
import { createVantage } from '#vantage/vantage.ts';
import { createWeb } from '#web/probe.ts';

export type Deckhand = {
  /** Slack is connected. */
  isHealthy: () => boolean;
  /** How Deckhand itself goes, for `/healthz`; plain JSON. */
  figures: () => object;
  /** Where the public status page listens; undefined while it does not. */
  statusPageUrl: () => string | undefined;
  /** Where agents are listened for; undefined while they are not. */
  agentsUrl: () => string | undefined;
  /** Drains and closes everything; at most about `withinMs`. Safe to repeat. */
  stop: (withinMs: number) => Promise<void>;
};

/**
 * Deckhand on real adapters: config, store, engine, AWS, Slack, timers. Throws Refusal when the environment, the
 * settings, the store or Slack's tokens do not work. `onLost`: Slack was away too long; a supervisor should restart.
 */
export async function startDeckhand(
  environment: Environment,
  { log, onLost }: { log: Log; onLost: () => void },
): Promise<Deckhand> {
  const clock = createClock();
  const randomText = createRandomText();
  const settings = createSettings({ path: environment.configPath, log, watch: true });
  const store = await openStore({ ...placeOf(environment.store), log });
  const history = createHistory(store);
  const engine = createEngine({ ...store, log });
  const containers = createContainers();
  const clouds = createClouds({
    settings: () => settings.current().aws,
    region: environment.awsRegion,
    containers,
    clock,
    log,
  });
  const web = createWeb({ allowPrivate: () => settings.current().web.allowPrivate, clock, secrets: readSecret });
  const vantage = createVantage({
    name: environment.name ?? (hostname().slice(0, 40) || 'here'),
    web,
    history,
    settings,
    secrets: readSecret,
    clock,
    randomText,
    log,
  });
  const schedules = createSchedules({ claim: (key) => history.slots.claim(key), clock, log });
  const slack = await createSlack({
    identity: await keptIdentity(history, environment.slack.botToken),
    ...environment.slack,
    figures: () => figures(),
    port: environment.port,
    host: environment.host,
    commandPrefix: environment.commandPrefix,
    commands: operations.flatMap(({ command }) => (command === undefined ? [] : [command])),
    clock,
    log,
    onLost,
  });
  const app: App = createApp({
    chat: slack.chat,
    clouds,
    terraform: createTerraform({
      names: () => settings.current().terraform.state,
      objects: () => clouds.platform(home).objects,
      log,
    }),
    engine,
    history,
    clock,
    randomText,
    log,
    settings,
    siteReader: settings.sites,
    commandPrefix: environment.commandPrefix,
    web,
    vantage,
    schedules,
    pictures: createPictures(),
    calendar: createCalendar(),
    loopDelay: createLoopDelay(),
  });
  await vantage.start();
  await app.start();
  // Before Slack, which may be away for a while.
  const statusPage = await serveStatusPage({ settings, copies: app.statusPage, clock, log });
  await slack.start(app.inbound);

  async function stop(withinMs: number): Promise<void> {
    await slack.stop();
    await statusPage.close();
    await app.stop(withinMs);
    await vantage.stop();
    settings.stop();
    clouds.close();
    await containers.close();
    await web.close();
    await store.close();
  }

  function figures(): object {
    const siteChecks = app.checks();
    return siteChecks === undefined ? {} : { siteChecks };
  }

  return { isHealthy: slack.isConnected, figures, statusPageUrl: statusPage.url, agentsUrl: vantage.url, stop };
}

/** What Slack said of this token, kept over restarts; another token has another key. */
async function keptIdentity(history: History, botToken: string): Promise<NonNullable<SlackOptions['identity']>> {
  const key = `slack:${createHash('sha256').update(botToken).digest('hex').slice(0, 16)}`;
  const stored = (await history.watch.load(key)).get(key);
  return {
    known: stored as Identity | undefined, // written by keep
    keep: (identity) => history.watch.save(new Map([[key, { ...identity }]])),
  };
}

function placeOf(store: Environment['store']): { databaseUrl: string } | { dataDir: string } {
  return store.kind === 'postgres' ? { databaseUrl: store.url } : { dataDir: store.directory };
}
