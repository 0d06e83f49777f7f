import { type Logger as SlackLogger, webApi } from '@slack/bolt';

import { Refusal } from '#errors.ts';
import type { Channel, Chat, MessageRef, Person, Post } from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';
import type { Section } from '#ports/text.ts';

import { createCache } from './cache.ts';
import { createEdits } from './edits.ts';
import { isTokenRefused, translate } from './failures.ts';
import { createFiles } from './files.ts';
import { createNaming, type Naming } from './naming.ts';
import { createPace } from './pace.ts';
import { onceReady } from './pictures.ts';
import { renderHome, renderMessage, type Rendered } from './render.ts';
import { createRest, restOf, withPatience } from './rest.ts';

export type ChatOptions = {
  botToken: string;
  apiUrl: string | undefined;
  teamId: string;
  clock: Clock;
  log: Log;
  logger: SlackLogger;
  isConnected: () => boolean;
  /** Default: commands have no prefix. */
  named?: Naming;
  /** Slack no longer takes the token. May be called often. */
  onTokenRefused?: () => void;
  /** Least time between two edits of one message. Default 3 s: Slack allows about 50 edits a minute in all. */
  editGapMs?: number;
};

/**
 * Slack's Web API as our chat port. Three clients, so that one kind of call does not wait for the queue of another. None
 * of them pauses for a rate limit or repeats by itself: a client's pause stops all its calls, and a post repeated blindly
 * appears twice.
 */
export function createChat(options: ChatOptions): Chat {
  const { clock, log, teamId, named = createNaming('', []) } = options;
  const client = () =>
    new webApi.WebClient(options.botToken, {
      ...(options.apiUrl === undefined ? {} : { slackApiUrl: options.apiUrl }),
      timeout: 10_000,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: options.logger,
    });
  const cards = client();
  const people = client();
  const listing = client();
  const paced = createPace(clock);
  const edits = createEdits({ clock, gapMs: options.editGapMs ?? 3_000 });
  const cache = createCache(clock);
  const rest = createRest(clock);

  /** `of` names what Slack counts together: the method, for posts also the channel. */
  async function call<T>(method: string, repeatable: boolean, act: () => Promise<T>, of = method): Promise<T> {
    return withPatience(
      clock,
      () =>
        rest.unlessResting(of, () =>
          act().catch((error: unknown) => {
            if (isTokenRefused(error)) options.onTokenRefused?.();
            throw translate(error, method, repeatable);
          }),
        ),
      restOf,
    );
  }

  async function post(channel: string, of: Post, threadTs?: string): Promise<MessageRef> {
    const place = { channel, ...(threadTs === undefined ? {} : { thread_ts: threadTs }) };
    const send = (what: Rendered) =>
      call(
        'chat.postMessage',
        false,
        () => cards.chat.postMessage({ ...place, ...what, unfurl_links: false, unfurl_media: false }),
        `chat.postMessage ${channel}`,
      );
    const answer = await paced(channel, () => onceReady(clock, renderMessage(named(of)), send));
    return { channel: answer.channel ?? channel, ts: answer.ts ?? '' };
  }

  async function update(ref: MessageRef, of: Post, how: { now?: boolean } = {}): Promise<void> {
    const send = async () =>
      void (await onceReady(clock, renderMessage(named(of)), (what) =>
        call('chat.update', true, () => cards.chat.update({ channel: ref.channel, ts: ref.ts, ...what })),
      ));
    await edits(`${ref.channel}:${ref.ts}`, send, how.now === true);
  }

  async function whisper(channel: string, user: string, of: Post): Promise<void> {
    await call('chat.postEphemeral', false, () =>
      people.chat.postEphemeral({ channel, user, ...renderMessage(named(of)) }),
    );
  }

  async function tell(user: string, of: Post): Promise<MessageRef> {
    const { channel } = await call('conversations.open', true, () => listing.conversations.open({ users: user }));
    if (channel?.id === undefined) throw new Refusal('not-here', 'Slack opened no conversation with this person.');
    return post(channel.id, of);
  }

  async function person(id: string): Promise<Person> {
    return cache(`person:${id}`, async () => {
      const { user } = await call('users.info', true, () => listing.users.info({ user: id }));
      if (user === undefined) throw new Refusal('not-found', 'Slack does not know this person.');
      const teams = [user.team_id, ...(user.enterprise_user?.teams ?? [])];
      return {
        id,
        teamId: user.team_id ?? '',
        name: user.profile?.display_name || user.real_name || user.name || id,
        isBot: user.is_bot === true || id === slackbot,
        isGuest: user.is_restricted === true || user.is_ultra_restricted === true,
        isDeleted: user.deleted === true,
        // is_stranger alone does not do: it is false for outsiders who share a channel.
        isExternal: user.is_stranger === true || !teams.includes(teamId),
      };
    });
  }

  async function groupMembers(id: string): Promise<readonly string[]> {
    return cache(
      `group:${id}`,
      async () =>
        (await call('usergroups.users.list', true, () => listing.usergroups.users.list({ usergroup: id }))).users ?? [],
    );
  }

  async function channel(id: string): Promise<Channel> {
    if (id.startsWith('D')) return direct(id);
    const known = cache(`channel:${id}`, async () => {
      const { channel: of } = await call('conversations.info', true, () => listing.conversations.info({ channel: id }));
      return {
        id,
        name: of?.name ?? id,
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
    await call('views.publish', true, () => people.views.publish({ user_id: user, view: renderHome(named(sections)) }));
  }

  async function permalink(ref: MessageRef): Promise<string | undefined> {
    try {
      return (
        await call('chat.getPermalink', true, () =>
          listing.chat.getPermalink({ channel: ref.channel, message_ts: ref.ts }),
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
    file: createFiles({ files: cards.files, call, apiUrl: options.apiUrl }),
    person,
    groupMembers,
    channel,
    publishHome,
    permalink,
    isConnected: options.isConnected,
  };
}

/** Slack says `is_bot: false` of its own bot. */
const slackbot = 'USLACKBOT';

/** A direct message. Asking Slack about it takes the scope im:read, and would say nothing that matters here. */
function direct(id: string): Channel {
  return { id, name: id, isExternallyShared: false, isArchived: false, isMember: true, isDirect: true };
}
