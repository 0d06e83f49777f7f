import type { Log } from '#ports/clock.ts';
import { createClock } from '#timers/clock.ts';
import { runAgent } from '#vantage/agent.ts';
import { createLook } from '#vantage/look.ts';
import { createWeb } from '#web/probe.ts';

/** Tokens are make-believe and work nowhere else. */
export const sandboxAgents = [
  { name: 'frankfurt', variable: 'SANDBOX_FRANKFURT', token: 'sandbox-token-of-the-agent-in-frankfurt' },
  { name: 'tokyo', variable: 'SANDBOX_TOKYO', token: 'sandbox-token-of-the-agent-in-tokyo' },
] as const;

/** What `npm start -- --agent` runs, twice, in this process. */
export function startAgents(hub: string, log: Log): { stop: () => Promise<void> } {
  const clock = createClock();
  const running = sandboxAgents.map(({ token }) => {
    const web = createWeb({ allowPrivate: () => ['127.0.0.1'], clock });
    const loop = runAgent({ hubs: [hub], token, look: createLook({ web, clock }), clock, random: Math.random, log });
    return async () => {
      await loop.stop();
      await web.close();
    };
  });
  return { stop: async () => void (await Promise.all(running.map((stop) => stop()))) };
}
