import type { Listener } from '#listener.ts';
import type { Clock, Log, RandomText } from '#ports/clock.ts';
import type { History } from '#ports/history.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Vantage } from '#ports/vantage.ts';
import type { Web } from '#ports/web.ts';

import { createDesk } from './desk.ts';
import { serveAgents } from './hub.ts';
import { createLook } from './look.ts';
import { createReplicas } from './replicas.ts';

/** The agents and replicas of deckhand.yml, as it changes. `start` opens the port for agents; `stop` is at most one write. */
export function createVantage(world: {
  name: string;
  web: Pick<Web, 'probe'>;
  history: Pick<History, 'watch'>;
  settings: SettingsSource;
  secrets: (name: string) => string | undefined;
  clock: Clock;
  randomText: RandomText;
  log: Log;
}): Vantage & { start: () => Promise<void>; stop: () => Promise<void>; url: Listener['url'] } {
  const { name, settings } = world;
  const desk = createDesk(world);
  const replicas = createReplicas({ ...world, look: createLook(world) });
  let hub: Listener | undefined;
  const agents = () => settings.current().vantage.agents.map((agent) => agent.name);

  return {
    name,
    ask(probe, lastsMs) {
      const of = { probe, canaries: settings.current().monitoring.blind.canaries };
      const questions = [
        ...(agents().length === 0 ? [] : [desk.ask(agents(), of, lastsMs)]),
        ...(replicas.points().length === 0 ? [] : [replicas.ask(of, lastsMs)]),
      ];
      return {
        answers: async (withinMs) => (await Promise.all(questions.map(({ answers }) => answers(withinMs)))).flat(),
      };
    },
    points: () => [...desk.points(agents()), ...replicas.points()],
    async start() {
      replicas.start();
      hub = await serveAgents({ ...world, desk });
    },
    async stop() {
      await Promise.all([hub?.close(), replicas.stop()]);
    },
    url: () => hub?.url()?.replace(/\/$/, ''),
  };
}
