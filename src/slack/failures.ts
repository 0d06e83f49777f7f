import { webApi } from '@slack/bolt';

import { Ambiguous, Refusal, Transient } from '#errors.ts';

const invite = 'Type `/invite @Deckhand` there, then try again.';
const gone = 'The message can no longer be changed. Ask again to get a new one.';
const noPosting = 'This channel does not let apps post. Ask its owner, or use another channel.';

/** Slack's words for "not here", and what a person can do. Source: https://docs.slack.dev/reference/methods/chat.postMessage */
const closed: Readonly<Record<string, string>> = {
  not_in_channel: `Deckhand is not in this channel. ${invite}`,
  channel_not_found: `Deckhand cannot see this channel. ${invite}`,
  is_archived: 'This channel is archived. Use another one.',
  is_inactive: 'This channel is archived. Use another one.',
  restricted_action: noPosting,
  restricted_action_read_only_channel: noPosting,
  restricted_action_thread_only_channel: noPosting,
  restricted_action_non_threadable_channel: 'This channel takes no replies in threads. Use another channel.',
  restricted_action_thread_locked: 'This thread is locked. Ask again in the channel.',
  thread_not_found: 'The thread is gone. Ask again in the channel.',
  cannot_reply_to_message: 'This message takes no replies. Ask again in the channel.',
  message_not_found: 'The message is gone. Ask again to get a new one.',
  cant_update_message: gone,
  edit_window_closed: gone,
  user_not_in_channel: 'The person is not in this channel. Ask them to join it.',
  user_disabled: 'This account is deactivated, so nothing can be sent to it. Ask somebody else.',
  cannot_dm_bot: 'Bots take no direct messages. Name a person.',
};
const unknownIds: Readonly<Record<string, string>> = {
  user_not_found: 'Slack does not know this person. Check the id: it begins with U or W.',
  users_not_found: 'Slack does not know this person. Check the id: it begins with U or W.',
  user_not_visible: 'Slack does not show this person to Deckhand. Check the id: it begins with U or W.',
  no_such_subteam: 'Slack does not know this user group. Check the id in deckhand.yml: it begins with S.',
};
/** Refused before anything happened; worth another try. */
const passing = new Set(['ratelimited', 'rate_limited', 'service_unavailable', 'streaming_state_conflict']);
/** "Some aspect of the operation may have succeeded before the error was raised."
 *  Source: https://docs.slack.dev/reference/methods/chat.postMessage (fatal_error) */
const unclear = new Set(['internal_error', 'fatal_error', 'request_timeout']);
const credentials = new Set(['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive']);

/** Nothing was sent: there was no connection. Codes of Node's sockets and of undici, which is behind `fetch`. */
const unsent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** Longer "codes" are not Slack's: a proxy answered with a page. */
const longestCode = 60;

/** True when Slack no longer takes the token: nothing works until somebody puts in a new one. */
export function isTokenRefused(error: unknown): boolean {
  return error instanceof webApi.WebAPIPlatformError && credentials.has(error.data.error);
}

/** Turns what the Web API client throws into our kinds of "no". `repeatable`: a lost answer does no harm. */
export function translate(error: unknown, method: string, repeatable: boolean): Error {
  const lost = (text: string, options: ErrorOptions): Error =>
    repeatable ? new Transient(text, options) : new Ambiguous(text, options);
  if (error instanceof webApi.WebAPIPlatformError) return platform(error, method, lost);
  if (error instanceof webApi.WebAPIRateLimitedError)
    return new Transient(`Slack is rate limiting ${method}; it wants ${error.retryAfter} s of rest.`, { cause: error });
  if (error instanceof webApi.WebAPIHTTPError) {
    const text = `Slack did not answer ${method} properly (HTTP ${error.statusCode}).`;
    return error.statusCode === 503 ? new Transient(text, { cause: error }) : lost(text, { cause: error });
  }
  if (error instanceof webApi.WebAPIRequestError) {
    const text = `Slack did not answer ${method} (${codeOf(error.original) ?? error.original.name}).`;
    const wasSent = !unsent.has(codeOf(error.original) ?? '');
    return wasSent ? lost(text, { cause: error }) : new Transient(text, { cause: error });
  }
  if (error instanceof Error && error.message.startsWith('Retry header'))
    return new Transient(`Slack is rate limiting ${method} and does not say for how long.`, { cause: error });
  return error instanceof Error ? error : new Error(String(error));
}

type Lost = (text: string, options: ErrorOptions) => Error;

function platform(error: InstanceType<typeof webApi.WebAPIPlatformError>, method: string, lost: Lost): Error {
  const reason = error.data.error;
  const options = { cause: error };
  if (passing.has(reason)) return new Transient(`Slack is busy (${reason}) on ${method}.`, options);
  if (unclear.has(reason)) return lost(`Slack had trouble (${reason}) on ${method}.`, options);
  if (reason.length > longestCode)
    return lost(`What answered ${method} does not look like Slack.`, { cause: undefined });
  const known = refusal(reason, method, error.data);
  if (known !== undefined) return new Refusal(known.code, known.text, known.data, options);
  const details = error.data.response_metadata?.messages?.join(' ') ?? '';
  return new Error(`Slack refused ${method}: ${reason} ${details.slice(0, 500)}`.trim(), options);
}

type Known = { code: ConstructorParameters<typeof Refusal>[0]; text: string; data: Record<string, unknown> };

function refusal(reason: string, method: string, data: object): Known | undefined {
  const of = (code: Known['code'], text: string): Known => ({ code, text, data: { reason } });
  if (credentials.has(reason))
    return of(
      'not-permitted',
      `Slack no longer accepts Deckhand's token (${reason}). An admin must put a new SLACK_BOT_TOKEN into .env and restart.`,
    );
  if (reason === 'missing_scope') {
    const needed = 'needed' in data ? ` (${String(data.needed)})` : '';
    return of(
      'not-permitted',
      `The Slack app lacks a scope for ${method}${needed}. An admin must update the app with manifest.yml and install it again.`,
    );
  }
  if (reason === 'plan_upgrade_required')
    return of(
      'not-allowed',
      'User groups need a paid Slack plan, so nobody can get a role through one. An admin must list people under `roles` in deckhand.yml instead.',
    );
  const unknown = Object.hasOwn(unknownIds, reason) ? unknownIds[reason] : undefined;
  if (unknown !== undefined) return of('not-found', unknown);
  const text = Object.hasOwn(closed, reason) ? closed[reason] : undefined;
  return text === undefined ? undefined : of('not-here', text);
}

/** The code of the innermost cause: `fetch` wraps what happened. */
function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
