import { webApi } from '@slack/bolt';

import { Ambiguous, Refusal, Transient } from '#errors.ts';

/** Slack's words for "not here", and what a person can do. Source: https://docs.slack.dev/reference/methods/chat.postMessage */
const closed: Readonly<Record<string, string>> = {
  not_in_channel: 'Deckhand is not in this channel. Type `/invite @Deckhand` there, then try again.',
  channel_not_found: 'Deckhand cannot see this channel. Type `/invite @Deckhand` there, then try again.',
  is_archived: 'This channel is archived. Use another one.',
  is_inactive: 'This channel is archived. Use another one.',
  restricted_action: 'This channel does not let apps post. Ask its owner, or use another channel.',
  message_not_found: 'The message is gone. Ask again to get a new one.',
  cant_update_message: 'The message can no longer be changed. Ask again to get a new one.',
  edit_window_closed: 'The message can no longer be changed. Ask again to get a new one.',
  user_not_in_channel: 'The person is not in this channel.',
};
const passing = new Set([
  'ratelimited',
  'rate_limited',
  'service_unavailable',
  'internal_error',
  'fatal_error',
  'request_timeout',
  'streaming_state_conflict',
]);
const credentials = new Set(['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive']);

/** Turns what the Web API client throws into our kinds of "no". `repeatable`: a lost answer does no harm. */
export function translate(error: unknown, method: string, repeatable: boolean): Error {
  if (error instanceof webApi.WebAPIPlatformError) return platform(error, method);
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new Transient(`Slack is rate limiting ${method}; it wants ${error.retryAfter} s of rest.`, { cause: error });
  if (error instanceof webApi.WebAPIRequestError || error instanceof webApi.WebAPIHTTPError) {
    const text = `Slack did not answer ${method} properly (${error instanceof webApi.WebAPIHTTPError ? `HTTP ${error.statusCode}` : error.original.name}).`;
    return repeatable ? new Transient(text, { cause: error }) : new Ambiguous(text, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

function platform(error: InstanceType<typeof webApi.WebAPIPlatformError>, method: string): Error {
  const reason = error.data.error;
  if (passing.has(reason)) return new Transient(`Slack is busy (${reason}) on ${method}.`, { cause: error });
  if (credentials.has(reason))
    return new Refusal(
      'not-permitted',
      `Slack no longer accepts Deckhand's token (${reason}). An admin must put a new SLACK_BOT_TOKEN into .env and restart.`,
      { reason },
      { cause: error },
    );
  if (reason === 'missing_scope')
    return new Refusal(
      'not-permitted',
      `The Slack app lacks a scope for ${method}. An admin must update the app with manifest.yml and install it again.`,
      { reason },
      { cause: error },
    );
  if (reason === 'user_not_found' || reason === 'users_not_found')
    return new Refusal('not-found', 'Slack does not know this person.', { reason }, { cause: error });
  const text = closed[reason];
  if (text !== undefined) return new Refusal('not-here', text, { reason }, { cause: error });
  return new Error(`Slack refused ${method}: ${reason}`, { cause: error });
}
