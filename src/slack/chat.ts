import { type Logger as SlackLogger, webApi } from '@slack/bolt';

import { isTransient, Refusal, Transient } from '#errors.ts';
import type { Channel, Chat, MessageRef, Person, Post } from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Section } from '#ports/text.ts';

import { createEdits } from './edits.ts';
import { translate } from './failures.ts';
import { createPace, withPatience } from './pace.ts';
import { renderMessage, renderSections } from './render.ts';

export type ChatOptions = {
  botToken: string;
  apiUrl: string | undefined;
  teamId: string;
  enterpriseId: string | undefined;
  clock: Clock;
  log: Log;
  logger: SlackLogger;
  isConnected: () => boolean;
  /** Least time between two edits of one message. Default 3 s: Slack allows about 50 edits a minute in all. */
  editGapMs?: number;
};

/** People, groups and channels are asked anew after this time, so that a lost role is lost soon. */
const freshMs = 30_000;

/** Slack's Web API as our chat port. Three clients, so that a rate limit of one kind of call delays no other. */
export function createChat(options: ChatOptions): Chat & { close: () => void } {
  const { clock, log, teamId, enterpriseId } = options;
  const client = (reject: boolean) =>
    new webApi.WebClient(options.botToken, {
      ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      timeout: 10_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: reject,
      logger: options.logger,
    });
  const cards = client(true);
  const people = client(true);
  const listing = client(false);
  const paced = createPace(clock);
  const edits = createEdits({ clock, log, gapMs: options.editGapMs ?? 3_000 });
  const cache = createCache(clock);

  async function call<T>(method: string, repeatable: boolean, act: () => Promise<T>): Promise<T> {
    return withPatience(
      clock,
      () => act().catch((error: unknown) => Promise.reject(translate(error, method, repeatable))),
      restOf,
    );
  }

  async function post(channel: string, of: Post, threadTs?: string): Promise<MessageRef> {
    const body = {
      channel,
      ...renderMessage(of),
      unfurl_links: false,
      unfurl_media: false,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    };
    const answer = await paced(channel, () => call('chat.postMessage', false, () => cards.chat.postMessage(body)));
    return { channel: answer.channel ?? channel, ts: answer.ts ?? '' };
  }

  async function update(ref: MessageRef, of: Post, how: { now?: boolean } = {}): Promise<void> {
    const send = async () =>
      void (await call('chat.update', true, () =>
        cards.chat.update({ channel: ref.channel, ts: ref.ts, ...renderMessage(of) }),
      ));
    await edits(`${ref.channel}:${ref.ts}`, send, how.now === true);
  }

  async function whisper(channel: string, user: string, of: Post): Promise<void> {
    await call('chat.postEphemeral', false, () => people.chat.postEphemeral({ channel, user, ...renderMessage(of) }));
  }

  async function tell(user: string, of: Post): Promise<MessageRef> {
    const { channel } = await call('conversations.open', true, () => people.conversations.open({ users: user }));
    if (channel?.id === undefined) throw new Refusal('not-here', 'Slack opened no conversation with this person.');
    return post(channel.id, of);
  }

  async function person(id: string): Promise<Person> {
    return cache(`person:${id}`, async () => {
      const { user } = await call('users.info', true, () => people.users.info({ user: id }));
      if (user === undefined) throw new Refusal('not-found', 'Slack does not know this person.');
      const ownTeams = [user.team_id, ...(user.enterprise_user?.teams ?? [])];
      return {
        id,
        teamId: user.team_id ?? '',
        name: user.profile?.display_name || user.real_name || user.name || id,
        isBot: user.is_bot === true,
        isGuest: user.is_restricted === true || user.is_ultra_restricted === true,
        isDeleted: user.deleted === true,
        isExternal:
          user.is_stranger === true ||
          !(
            ownTeams.includes(teamId) ||
            (enterpriseId !== undefined && user.enterprise_user?.enterprise_id === enterpriseId)
          ),
      };
    });
  }

  async function groupMembers(id: string): Promise<readonly string[]> {
    return cache(
      `group:${id}`,
      async () =>
        (await call('usergroups.users.list', true, () => people.usergroups.users.list({ usergroup: id }))).users ?? [],
    );
  }

  async function channel(id: string): Promise<Channel> {
    const known = cache(`channel:${id}`, async () => {
      const { channel: of } = await call('conversations.info', true, () => people.conversations.info({ channel: id }));
      return {
        id,
        name: of?.name ?? '',
        isExternallyShared: of?.is_ext_shared === true,
        isArchived: of?.is_archived === true,
        isMember: of?.is_member === true,
        isDirect: of?.is_im === true,
      };
    });
    // Somebody who was told to invite Deckhand does so at once and tries again.
    if (!(await known).isMember) cache.forget(`channel:${id}`);
    return known;
  }

  async function publishHome(user: string, sections: readonly Section[]): Promise<void> {
    await call('views.publish', true, () =>
      listing.views.publish({ user_id: user, view: { type: 'home', blocks: renderSections(sections) } }),
    );
  }

  async function permalink(ref: MessageRef): Promise<string | undefined> {
    try {
      return (
        await call('chat.getPermalink', true, () =>
          people.chat.getPermalink({ channel: ref.channel, message_ts: ref.ts }),
        )
      ).permalink;
    } catch (error) {
      log.debug({ err: error }, 'no link to a message');
      return undefined;
    }
  }

  return {
    post,
    update,
    whisper,
    tell,
    person,
    groupMembers,
    channel,
    publishHome,
    permalink,
    isConnected: options.isConnected,
    close: () => undefined,
  };
}

/** What Slack asked for after a rate limit, ms; undefined when it is another failure. */
function restOf(error: unknown): number | undefined {
  if (!isTransient(error)) return undefined;
  const { cause } = error as Transient;
  if (cause instanceof webApi.WebAPIRateLimitedError) return cause.retryAfter * 1000;
  return cause instanceof webApi.WebAPIPlatformError ? 1_000 : undefined;
}

/** Answers at most `freshMs` old; a failed question is not remembered. */
function createCache(clock: Clock) {
  const known = new Map<string, { at: number; value: Promise<unknown> }>();
  async function cached<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const found = known.get(key);
    if (found !== undefined && clock.now() - found.at < freshMs) return found.value as Promise<T>; // the key names the kind
    if (known.size > 5_000) known.clear();
    const value = ask();
    known.set(key, { at: clock.now(), value });
    value.catch(() => known.delete(key));
    return value;
  }
  return Object.assign(cached, { forget: (key: string) => void known.delete(key) });
}
