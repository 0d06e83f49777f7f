import { readConfiguration } from '#config.ts';
import { serveHealth } from '#health.ts';
import { createLog } from '#log.ts';
import { giveMemoryBack } from '#store/memory.ts';
import { type Deckhand, startDeckhand } from '#world.ts';

/** Time for steps in flight after SIGTERM; orchestrators kill after 10 s (Docker) or 30 s (Kubernetes). */
const drainMs = 4_000;
/** By then servers and sites were looked at once, so what that needs is loaded, and what only a start needs is garbage. */
const settledMs = 90_000;
/** Longer than all parts of a stop together, should each need all of its time. */
const hardStopMs = 9_500;

/** Deckhand itself, on Slack and AWS, until it is told to stop. */
export async function runBot(): Promise<void> {
  const environment = readConfiguration();
  const log = createLog(environment.logLevel);
  let deckhand: Deckhand | undefined;
  // In HTTP mode Slack's own listener has the port, and answers /healthz too.
  const isSocketMode = environment.slack.connection.kind === 'socket';
  const health = isSocketMode
    ? await serveHealth({
        ...environment,
        isHealthy: () => deckhand?.isHealthy() ?? false,
        figures: () => deckhand?.figures() ?? {},
      })
    : undefined;

  let stopping = false;
  async function stop(signal: string, code: number): Promise<void> {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), hardStopMs).unref();
    await deckhand?.stop(drainMs);
    await health?.close();
    process.exit(code);
  }
  process.on('SIGTERM', () => void stop('SIGTERM', 0));
  process.on('SIGINT', () => void stop('SIGINT', 0));

  deckhand = await startDeckhand(environment, { log, onLost: () => void stop('connection lost', 1) });
  log.info({ port: health?.port ?? environment.port }, 'Deckhand is ready');
  setTimeout(giveMemoryBack, settledMs).unref();
}
