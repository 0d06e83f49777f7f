import { agentEnvironmentOf, agentHelp } from '#config/agent-environment.ts';
import { Refusal } from '#errors.ts';
import { serveHealth } from '#health.ts';
import { createLog } from '#log.ts';
import { createClock } from '#timers/clock.ts';
import { runAgent } from '#vantage/agent.ts';
import { createLook } from '#vantage/look.ts';
import { createWeb } from '#web/probe.ts';

/** `npm start -- --agent`: looks at sites for a Deckhand elsewhere, until it is told to stop. */
export async function runAgentProcess(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const others = args.filter((one) => one !== '--agent');
  if (others.includes('--help')) return void process.stdout.write(agentHelp);
  if (others.length > 0)
    throw new Refusal('bad-input', `${others.join(' ')} is not understood. See npm start -- --agent --help.`);
  const environment = agentEnvironmentOf(env);
  const log = createLog(environment.logLevel);
  const clock = createClock();
  const secrets = (name: string) => (environment.secrets.includes(name) ? env[name] : undefined);
  const web = createWeb({ allowPrivate: () => environment.allowPrivate, clock, secrets });
  const loop = runAgent({ ...environment, look: createLook({ web, clock }), clock, random: Math.random, log });
  const { port, host } = environment;
  const health = port === undefined ? undefined : await serveHealth({ port, host, isHealthy: loop.isConnected });

  let stopping = false;
  async function stop(signal: string): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), 2_000).unref();
    await Promise.all([loop.stop(), health?.close()]);
    await web.close();
    process.exit(0);
  }
  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  log.info({ hubs: environment.hubs, ...(health === undefined ? {} : { port: health.port }) }, 'the agent is ready');
}
