import type { Channel, Message, Person, View } from './model.ts';
import { bot } from './seed.ts';
import { messageJson } from './shapes.ts';
import type { State } from './state.ts';
import { viewJson } from './views.ts';

/** What Slack sends to an app. Sources: https://docs.slack.dev/reference/interaction-payloads ,
 *  https://docs.slack.dev/interactivity/implementing-slash-commands , https://docs.slack.dev/reference/events/app_home_opened */

/** The old verification token; deprecated, and still sent. */
const verification = { token: 'sandbox-verification-token' };

export type CommandWords = { command: string; text: string };

export function commandPayload(
  of: { state: State; person: Person; channel: Channel; triggerId: string; responseUrl: string } & CommandWords,
): Record<string, unknown> {
  const { state, person, channel, triggerId, responseUrl, command, text } = of;
  const { team } = state.seed;
  return {
    ...verification,
    team_id: team.id,
    team_domain: team.domain,
    channel_id: channel.id,
    channel_name: channel.isPrivate && channel.directWith === undefined ? 'privategroup' : channel.name,
    user_id: person.id,
    user_name: person.name,
    command,
    text,
    api_app_id: bot.app,
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: triggerId,
  };
}

function common(state: State, person: Person): Record<string, unknown> {
  const { team } = state.seed;
  return {
    ...verification,
    user: { id: person.id, username: person.name, name: person.name, team_id: person.teamId },
    api_app_id: bot.app,
    team: { id: team.id, domain: team.domain },
    enterprise: null,
    is_enterprise_install: false,
  };
}

/** Where a press or a search comes from. Ephemeral messages are not stored by Slack, so their payload has no `message`. */
export type Place = { kind: 'message'; message: Message; channel: Channel } | { kind: 'view'; view: View };

function placeOf(place: Place, state: State): Record<string, unknown> {
  if (place.kind === 'view')
    return {
      container: { type: 'view', view_id: place.view.id },
      view: viewJson(place.view, state.seed.team.id),
    };
  const { message, channel } = place;
  const isEphemeral = message.ephemeralTo !== undefined;
  return {
    container: {
      type: 'message',
      message_ts: message.ts,
      channel_id: channel.id,
      is_ephemeral: isEphemeral,
      ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    },
    channel: { id: channel.id, name: channel.name },
    ...(isEphemeral ? {} : { message: messageJson(message, state) }),
  };
}

export function actionPayload(of: {
  state: State;
  person: Person;
  place: Place;
  triggerId: string;
  action: Record<string, unknown>;
  values: unknown;
  responseUrl?: string;
}): Record<string, unknown> {
  const { state, person, place, triggerId, action, values, responseUrl } = of;
  return {
    type: 'block_actions',
    ...common(state, person),
    ...placeOf(place, state),
    trigger_id: triggerId,
    ...(place.kind === 'message' ? { state: { values } } : {}),
    ...(responseUrl === undefined ? {} : { response_url: responseUrl }),
    actions: [{ ...action, action_ts: state.newTs() }],
  };
}

export function submissionPayload(of: {
  state: State;
  person: Person;
  view: View;
  triggerId: string;
}): Record<string, unknown> {
  const { state, person, view, triggerId } = of;
  return {
    type: 'view_submission',
    ...common(state, person),
    trigger_id: triggerId,
    view: viewJson(view, state.seed.team.id),
    response_urls: [],
  };
}

export function closedPayload(of: {
  state: State;
  person: Person;
  view: View;
  isCleared: boolean;
}): Record<string, unknown> {
  const { state, person, view, isCleared } = of;
  return {
    type: 'view_closed',
    ...common(state, person),
    view: viewJson(view, state.seed.team.id),
    is_cleared: isCleared,
  };
}

export function suggestionPayload(of: {
  state: State;
  person: Person;
  place: Place;
  actionId: string;
  blockId: string;
  value: string;
}): Record<string, unknown> {
  const { state, person, place, actionId, blockId, value } = of;
  return {
    type: 'block_suggestion',
    ...common(state, person),
    ...placeOf(place, state),
    action_id: actionId,
    block_id: blockId,
    value,
  };
}

export function homeOpenedPayload(of: {
  state: State;
  person: Person;
  channel: string;
  tab: 'home' | 'messages';
  view: View | undefined;
}): Record<string, unknown> {
  const { state, person, channel, tab, view } = of;
  const { team } = state.seed;
  return {
    ...verification,
    team_id: team.id,
    api_app_id: bot.app,
    event: {
      type: 'app_home_opened',
      user: person.id,
      channel,
      tab,
      ...(view === undefined || tab !== 'home' ? {} : { view: viewJson(view, team.id) }),
      event_ts: state.newTs(),
    },
    type: 'event_callback',
    event_id: state.newId('Ev'),
    event_time: Math.floor(state.now() / 1_000),
    authorizations: [
      { enterprise_id: null, team_id: team.id, user_id: bot.user, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
  };
}
