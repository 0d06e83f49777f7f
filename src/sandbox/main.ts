import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { pino } from 'pino';

import { readEnvironment } from '#config.ts';
import { isRefusal, Refusal } from '#errors.ts';
import { exitWith } from '#exit.ts';
import { slashCommands } from '#generate.ts';
import { operations } from '#operations/index.ts';
import { createAccounts } from '#sandbox/accounts/index.ts';
import { sandboxAgents, startAgents } from '#sandbox/agents.ts';
import { createAwsEverywhere } from '#sandbox/aws/everywhere.ts';
import { createDocker } from '#sandbox/docker.ts';
import { startSandboxServer } from '#sandbox/server.ts';
import { createDemoSite } from '#sandbox/site.ts';
import { createSlack } from '#sandbox/slack/index.ts';
import { sandboxSigningSecret, sandboxTokens } from '#sandbox/slack/seed.ts';
import { manifest } from '#slack/manifest.ts';
import { lockFolder } from '#store/folder-lock.ts';
import { type Deckhand, startDeckhand } from '#world.ts';

import { readFlags } from './flags.ts';
import { sandboxSettings } from './settings.ts';

/** Lines of scripts that start the demo site anew. */
const restartsShop = /\b(?:systemctl|docker) restart shop\b/;

/** Make-believe Slack and AWS on loopback, and the real Deckhand on them. */
async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  const dataDir =
    flags.dataDir === undefined ? mkdtempSync(join(tmpdir(), 'deckhand-sandbox-')) : resolve(flags.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const lock = lockDataDir(dataDir);
  const log = pino({ level: 'warn' }, pino.destination({ dest: join(dataDir, 'deckhand.log'), sync: true }));

  let url = '';
  let deckhand: Deckhand | undefined;
  const ec2 = createAccounts({
    instances: flags.instances,
    speed: flags.speed,
    stateFile: join(dataDir, 'ec2.json'),
    now: Date.now,
    keyUse: (name, by) => aws.keyUse(name, by),
  });
  const site = createDemoSite(() => ec2.servers.named('web-1'));
  const pace = { now: Date.now, speed: flags.speed };
  const aws = createAwsEverywhere({
    ...pace,
    places: ec2.places,
    stateFile: join(dataDir, 'aws.json'),
    restarted: (what) => {
      if (what.kind === 'service' || what.lines.some((line) => restartsShop.test(line))) site.restarted();
    },
  });
  const docker = createDocker({
    ...pace,
    stateFile: join(dataDir, 'docker.json'),
    restarted: (name) => {
      if (name === 'shop') site.restarted();
    },
  });
  const slack = createSlack({
    baseUrl: () => `${url}/slack`,
    now: Date.now,
    manifest: manifest({ mode: 'socket', prefix: '', commands: slashCommands(operations) }),
    stateFile: join(dataDir, 'slack.json'),
    ...(flags.requestUrl === undefined ? {} : { requestUrl: flags.requestUrl }),
  });
  const server = await startSandboxServer({
    port: flags.port,
    ec2,
    aws,
    docker,
    slack,
    site,
    log,
    statusPage: () => deckhand?.statusPageUrl(),
  });
  url = server.url;
  const configPath = flags.config === undefined ? join(dataDir, 'deckhand.yml') : resolve(flags.config);
  if (flags.config === undefined)
    writeFileSync(
      configPath,
      sandboxSettings({ url, speed: flags.speed, statusPage: !flags.serversOnly, agents: flags.agents }),
    );
  const variables = {
    ...environmentOf(url, dataDir, configPath, flags.requestUrl),
    ...(flags.agents
      ? { DECKHAND_NAME: 'here', ...Object.fromEntries(sandboxAgents.map(({ variable, token }) => [variable, token])) }
      : {}),
  };

  let agents: ReturnType<typeof startAgents> | undefined;
  let stopping = false;
  async function stop(code: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code), 8_000).unref();
    await agents?.stop();
    await deckhand?.stop(3_000);
    await server.close();
    await Promise.all([ec2.close(), aws.close(), docker.close(), slack.close()]);
    lock.release();
    if (flags.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    process.exit(code);
  }
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));

  if (!flags.serversOnly) deckhand = await startWith(variables, log, () => void stop(1));
  const hub = flags.agents ? deckhand?.agentsUrl() : undefined;
  if (hub !== undefined) agents = startAgents(hub, log);
  const text = flags.serversOnly
    ? `Start Deckhand on it with:\n${exports(variables)}\n`
    : `Log: ${join(dataDir, 'deckhand.log')}\n`;
  process.stdout.write(`Deckhand sandbox ready: ${url}\n${text}`);
}

/** Two sandboxes in one folder would overwrite each other's world. */
function lockDataDir(dataDir: string): { release: () => void } {
  try {
    return lockFolder(dataDir);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Refusal(
      'conflict',
      `${dataDir} is in use by another sandbox. Stop that one, or choose another folder with --data-dir.`,
    );
  }
}

async function startWith(
  variables: Readonly<Record<string, string>>,
  log: Parameters<typeof startDeckhand>[1]['log'],
  onLost: () => void,
): Promise<Deckhand> {
  // The AWS SDK reads its own variables from the process.
  Object.assign(process.env, variables); // oxlint-disable-line node/no-process-env -- the sandbox brings the world
  return startDeckhand(readEnvironment(variables), { log, onLost });
}

/** What a Deckhand needs to use these servers. Keys and tokens are make-believe and work nowhere else. */
function environmentOf(
  url: string,
  dataDir: string,
  configPath: string,
  requestUrl: string | undefined,
): Record<string, string> {
  const connection: Record<string, string> =
    requestUrl === undefined
      ? { SLACK_APP_TOKEN: sandboxTokens.app }
      : { SLACK_SIGNING_SECRET: sandboxSigningSecret, PORT: new URL(requestUrl).port };
  return {
    SLACK_BOT_TOKEN: sandboxTokens.bot,
    ...connection,
    SLACK_API_URL: `${url}/slack/api/`,
    AWS_ENDPOINT_URL: `${url}/aws`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    DATA_DIR: join(dataDir, 'store'),
    DECKHAND_CONFIG: configPath,
  };
}

function exports(variables: Readonly<Record<string, string>>): string {
  const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return `${assignments.join(' ')} npm start`;
}

main().catch(exitWith);
