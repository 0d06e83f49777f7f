import { isAmbiguous, isRefusal, Refusal, Transient } from '#errors.ts';
import type { MessageRef, NewFile, Post } from '#ports/chat.ts';
import type { Durable } from '#ports/engine.ts';
import type { CardRecord, Order } from '#ports/history.ts';
import { deckhand, type UserId } from '#ports/ids.ts';
import type { Message } from '#ports/text.ts';

import { alone } from './lease.ts';
import type { World } from './world.ts';

type Needs = Pick<World, 'chat' | 'history' | 'log' | 'clock' | 'randomText' | 'settings'>;
export type CardOf = { kind: CardRecord['kind']; subject: string; channel: string; data?: CardRecord['data'] };

/** Bits behind a button: 22 characters of base64url are 132. */
const tokenLength = 22;

/**
 * The message of a subject, posted once, whichever replica is asked; where a card stands already, its place is returned.
 * Safe to repeat; Transient while another one posts it. When a crash fell between the moment Slack took the post and its
 * record, a second message appears: Slack has no key by which a post could be recognised as made, and reading channels is
 * a right we do not ask for. The first one's buttons then lead to the second.
 */
export async function postCard(
  world: Needs,
  of: CardOf,
  message: Message,
): Promise<MessageRef & { token: string; fresh: boolean }> {
  const standing = standingOf(await world.history.cards.of(of.kind, of.subject));
  if (standing !== undefined) return standing;
  return alone(world, `post:${of.kind}:${of.subject}`, async () => {
    const known = await world.history.cards.of(of.kind, of.subject);
    const posted = standingOf(known);
    if (posted !== undefined) return posted;
    const token = known?.token ?? world.randomText(tokenLength);
    if (known === undefined) {
      await world.history.cards.put({
        token,
        kind: of.kind,
        subject: of.subject,
        channel: of.channel,
        ts: undefined,
        data: of.data ?? null,
        createdAt: world.clock.now(),
      });
    }
    const ref = await postOnce(world, of.channel, message, token);
    await world.history.cards.setTs(token, ref);
    return { ...ref, token, fresh: true };
  });
}

function standingOf(card: CardRecord | undefined): (MessageRef & { token: string; fresh: boolean }) | undefined {
  return card?.ts === undefined ? undefined : { channel: card.channel, ts: card.ts, token: card.token, fresh: false };
}

/** An answer's card: never posted again, only remembered so that its buttons work. */
export async function rememberAnswer(
  world: Needs,
  channel: string,
  subject: string,
  data: CardRecord['data'],
): Promise<string> {
  const token = world.randomText(tokenLength);
  await world.history.cards.put({
    token,
    kind: 'answer',
    subject,
    channel,
    ts: undefined,
    data,
    createdAt: world.clock.now(),
  });
  return token;
}

/** A post whose answer was lost is made again: a doubled message is better than none. */
export async function postOnce(world: Needs, channel: string, message: Message, token: string): Promise<MessageRef> {
  try {
    return await world.chat.post(channel, { message, token });
  } catch (error) {
    if (!isAmbiguous(error)) throw error;
    world.log.warn({ channel }, 'the answer to a post was lost; posting again');
    return world.chat.post(channel, { message, token }).catch((again: unknown) => {
      throw isAmbiguous(again) ? new Transient('Slack does not answer whether it posted.', { cause: again }) : again;
    });
  }
}

/**
 * Brings the final words to people whatever became of the card: edits it; where it is gone, posts a new one; where the
 * channel is closed, tells who asked.
 */
export async function deliver(
  world: Needs,
  ref: MessageRef & { token: string },
  message: Message,
  order: Pick<Order, 'requester' | 'channel'>,
): Promise<void> {
  const post = { message, token: ref.token };
  try {
    await world.chat.update(ref, post, { now: true });
    return;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    world.log.warn({ channel: ref.channel, why: error.message }, 'a card can no longer be edited; posting anew');
  }
  try {
    await world.history.cards.setTs(ref.token, await postOnce(world, ref.channel, message, ref.token));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await world.history.cards.setTs(ref.token, await tellAsker(world, order, post));
  }
}

/** To the person who asked, directly; what Deckhand asked itself goes to the alerts channel. */
export async function tellAsker(
  world: Needs,
  { requester, channel }: Pick<Order, 'requester' | 'channel'>,
  post: Post,
): Promise<MessageRef> {
  if (requester !== deckhand) return world.chat.tell(requester, post);
  const { alerts } = world.settings.current().channels;
  if (alerts !== undefined && alerts !== channel) return postOnce(world, alerts, post.message, post.token);
  throw new Refusal('not-here', 'There is no channel to tell it in. Set `channels.alerts` and invite Deckhand to it.');
}

/**
 * A line in a card's thread, at most once: where nobody knows whether it was posted, a lost timeline line is better than a
 * doubled one. Answers false when it certainly was not and may be tried again. Never throws.
 */
export async function note(
  world: Needs,
  run: string,
  key: string,
  ref: MessageRef,
  message: Message,
): Promise<boolean> {
  const intent = `note ${key}`;
  let begun = false;
  try {
    begun = (await world.history.intents.begin(run, intent)) === 'first';
    if (begun) await world.chat.post(ref.channel, { message, token: '' }, ref.ts);
    return true;
  } catch (error) {
    world.log.warn({ run, key, err: error }, 'a timeline line could not be posted');
    if (isAmbiguous(error)) return true;
    return (
      begun &&
      (await world.history.intents.forget(run, intent).then(
        () => false,
        () => true,
      ))
    );
  }
}

/**
 * A file in a card's thread, once: a recorded step of this name. When its answer was lost it is sent again, since a
 * doubled file is better than none; when the chat refuses it, its beginning is posted as text. Never throws but the
 * engine's stop.
 */
export async function attachOnce(
  world: Needs,
  durable: Durable,
  name: string,
  { ref, file }: { ref: MessageRef; file: NewFile },
): Promise<void> {
  await durable
    .step(name, () => attach(world, ref, file), { attempts: 30 })
    .catch((error: unknown) => {
      if (durable.isStop(error)) throw error;
      world.log.error({ run: durable.id, file: file.name, err: error }, 'a file could not be attached');
    });
}

/** Files for one person: a direct message with the files in its thread. Not repeatable. */
export async function sendFiles(
  world: Needs,
  user: UserId,
  of: { title: string; files: readonly NewFile[] },
): Promise<void> {
  const message: Message = {
    alert: `${of.title}: as a file`,
    sections: [{ kind: 'text', lines: [[{ bold: of.title }], 'The file is in the thread of this message.'] }],
  };
  const ref = await world.chat.tell(user, { message, token: '' });
  for (const file of of.files) await attach(world, ref, file);
}

async function attach(world: Needs, ref: MessageRef, file: NewFile): Promise<void> {
  const share = () => world.chat.file({ ...file, channel: ref.channel, threadTs: ref.ts });
  try {
    await share().catch((error: unknown) => (isAmbiguous(error) ? share() : Promise.reject(error)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    world.log.warn({ channel: ref.channel, file: file.name, why: error.message }, 'a file was refused');
    const message: Message = {
      alert: `${file.title}: not as a file`,
      sections: [
        { kind: 'text', lines: [`${file.title} could not be attached. ${error.message}`] },
        ...('text' in file ? [{ kind: 'code' as const, text: file.text }] : []),
      ],
    };
    await world.chat.post(ref.channel, { message, token: '' }, ref.ts);
  }
}
