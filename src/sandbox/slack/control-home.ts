import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';

import { ControlRefusal, readInput } from './control-input.ts';
import { findActor, findPerson } from './control-world.ts';
import type { ControlWorld } from './control-world.ts';
import { homeOpenedPayload } from './payloads.ts';
import { viewJson } from './views.ts';

const Open = z.strictObject({
  user: z.string(),
  tab: z.enum(['home', 'messages']).default('home'),
  redeliver: z.strictObject({ times: z.int().min(2).max(5) }).optional(),
});

/** Ms before Slack sends an event again. Source: https://docs.slack.dev/apis/events-api/#retries */
const retryAfterMs = [0, 60_000, 300_000] as const;

export type HomeDoor = {
  open: (input: unknown) => Promise<ControlAnswer>;
  /** Forgets the retries that wait. */
  close: () => void;
};

/** A person opens the app's Home or Messages tab: the app gets app_home_opened, again when it does not acknowledge. */
export function createHomeDoor(world: ControlWorld): HomeDoor {
  const timers = new Set<NodeJS.Timeout>();
  const { state, views, deliver, manifest } = world;

  async function send(payload: Record<string, unknown>, attempt: number, reason: string): Promise<void> {
    const [outcome] = await deliver({
      kind: 'events_api',
      payload,
      acceptsResponse: false,
      ...(attempt === 0 ? {} : { retry: { number: attempt, reason } }),
    });
    if (outcome === undefined || outcome.ok || outcome.final === true) return;
    retry(payload, attempt, outcome.error === 'operation_timeout' ? 'http_timeout' : 'http_error');
  }
  function retry(payload: Record<string, unknown>, attempt: number, reason: string): void {
    const waitMs = retryAfterMs[attempt];
    if (waitMs === undefined) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      void send(payload, attempt + 1, reason);
    }, waitMs).unref();
    timers.add(timer);
  }

  return {
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
    open: async (input) => {
      const asked = readInput(Open, input, '{"user":"riley","tab":"home"}');
      const person = findActor(world, asked.user);
      if (person.teamId !== state.seed.team.id)
        throw new ControlRefusal(
          409,
          `${person.name} is of another workspace and has no Home of this app. Use another person.`,
        );
      const events =
        manifest.settings?.event_subscriptions?.bot_events ??
        (manifest.settings === undefined ? ['app_home_opened'] : []);
      const isSubscribed = events.includes('app_home_opened');
      if (isSubscribed) {
        const channel = state.directWith(person.id).id;
        const payload = homeOpenedPayload({ state, person, channel, tab: asked.tab, view: views.home(person.id) });
        await Promise.all(Array.from({ length: asked.redeliver?.times ?? 1 }, () => send(payload, 0, '')));
      }
      const view = views.home(person.id);
      return {
        status: 200,
        body: {
          ok: true,
          delivered: isSubscribed,
          view: view === undefined ? null : viewJson(view, state.seed.team.id),
        },
      };
    },
  };
}

/** The Home of a person as it was last published, or null. */
export function showHome(world: ControlWorld, query: URLSearchParams): ControlAnswer {
  const person = findPerson(world, query.get('user') ?? '');
  const view = world.views.home(person.id);
  return { status: 200, body: { view: view === undefined ? null : viewJson(view, world.state.seed.team.id) } };
}
