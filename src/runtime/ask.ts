import { Refusal } from '#errors.ts';
import { takePlace, type Wanted } from '#lib/places.ts';
import { readWords, type Words } from '#lib/words.ts';
import type { AnswerOperation, Asking, ChangeOperation, Operation, TextFile } from '#operations/contract.ts';
import { authorize, holds } from '#policy/authorize.ts';
import type { Who } from '#policy/people.ts';
import type { Actor, CommandRequest, FormField, Post } from '#ports/chat.ts';
import type { Where } from '#ports/clouds.ts';
import type { Order } from '#ports/history.ts';
import { type ChannelId, deckhand, type RunId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { SiteDesk } from '#ports/managed-sites.ts';

import { byName, commandOf, findOperation } from './find.ts';
import { runIdOf } from './ids.ts';
import type { IncidentActs } from './incident-acts.ts';
import { placeOrder } from './order.ts';
import { rememberAnswer, sendFiles } from './posting.ts';
import { placesFor, type Typed } from './reach.ts';
import { explain, plain, say } from './replies.ts';
import type { World } from './world.ts';

/** What can be asked by a line, a button or a form: all take the same way. `id` is the chat's own id of the request. */
export type Request = {
  id: string;
  actor: Actor;
  channel: ChannelId;
  answer: (post: Post) => Promise<void>;
  /** Parsed arguments, or the typed line they are made from. */
  ask:
    | { operation: Operation; words: Words }
    | { operation: Operation; args: Json; place?: Where | undefined; undoes?: RunId };
  incident?: string;
  /** Where a form may ask for what the line does not say. */
  openForm?: CommandRequest['openForm'];
  /** From a button on one of our own messages: it stands where it stands, whatever channels take typed commands. */
  anywhere?: boolean;
};
/** Facts of the place that stands in an order, or of those that were `typed` for an operation. */
export type AskingFor = (
  order: Pick<Order, 'requester' | 'channel' | 'place'> & { operation?: string },
  typed?: Typed,
) => Promise<Asking>;
type Needs = { world: World; who: Who; asking: AskingFor; desk: SiteDesk; act: IncidentActs };

/** The flags that take everything up to the next flag: `--from before 2026-11-24 10:00`. */
const longFlags = ['from', 'reason'];

/** line → order: parse, authorize, plan, store, start. Nothing that is asked goes unanswered. */
export function createAsk({ world, who, asking, desk, act }: Needs) {
  async function command(request: CommandRequest): Promise<void> {
    await answering(world, request, async () => {
      const { operation, words } = findOperation(world, request.command, readWords(request.text, longFlags));
      await allow(request.actor, request.channel, operation);
      const asked = { ...request, ask: { operation, words } };
      if (!(await isFormOpened(asked))) await carryOut(asked);
    });
  }

  /** A form asks for the rest of the line, where there is one and the person can still get it. */
  async function isFormOpened({ ask, openForm, incident }: Request): Promise<boolean> {
    if (openForm === undefined || !('words' in ask) || ask.operation.form === undefined) return false;
    const { name, form } = ask.operation;
    const fields = await fieldsToFill(ask.operation, ask.words);
    if (fields === undefined) return false;
    const { title, submit } = form;
    return openForm({ operation: name, title, submit, fields, ...(incident === undefined ? {} : { incident }) });
  }

  /** Of the form that is meant by this line; undefined = it says enough to be carried out. */
  async function fieldsToFill({ form }: Operation, words: Words): Promise<readonly FormField[] | undefined> {
    if (form === undefined) return undefined;
    return words.line === '' ? form.fields : form.fill?.(words, desk);
  }

  /** Same way, for buttons and forms. */
  async function ask(request: Request): Promise<boolean> {
    return answering(world, request, async () => {
      await allow(request.actor, request.channel, request.ask.operation, request.anywhere);
      if (!(await isFormOpened(request))) await carryOut(request);
    });
  }

  async function carryOut(request: Request): Promise<void> {
    const { operation } = request.ask;
    const { wanted, place, args } = readAsk(request.ask);
    const facts = await asking(
      { requester: request.actor.id, channel: request.channel, ...(place && { place }) },
      { wanted, operation },
    );
    switch (operation.kind) {
      case 'answer': {
        const { post, files } = await answerPost(world, operation, facts, args, { page: 0, details: false, wanted });
        await request.answer(post);
        if (files.length > 0)
          await sendFiles(world, request.actor.id, { title: post.message.title ?? post.message.alert, files });
        return;
      }
      case 'redirect': {
        const target = await operation.redirect(facts, args, world.operations);
        const other = byName(world, target.operation);
        await allow(request.actor, request.channel, other, request.anywhere);
        return carryOut({ ...request, ask: { ...target, operation: other } });
      }
      case 'press':
        return act(request, await operation.press(facts, args));
      case 'change':
        return order(request, operation, facts, args);
    }
  }

  async function order(request: Request, operation: ChangeOperation, facts: Asking, args: Json): Promise<void> {
    const id = runIdOf(request.id);
    const outcome = await placeOrder(world, facts, {
      id,
      operation,
      args,
      ...('undoes' in request.ask && request.ask.undoes !== undefined ? { undoes: request.ask.undoes } : {}),
      ...(request.incident === undefined ? {} : { incident: request.incident }),
    });
    if (outcome === 'stored')
      await request.answer(
        plain(say(`This is stored as \`${id}\` and starts in a moment; its plan will appear here.`)),
      );
  }

  async function allow(actor: Actor, channelId: ChannelId, operation: Operation, anywhere = false): Promise<void> {
    const settings = world.settings.current();
    const known = await who(actor.id);
    const ruling = authorize({
      ...known,
      operation,
      channel: await world.chat.channel(channelId),
      settings: anywhere ? { ...settings, channels: { ...settings.channels, commands: [] } } : settings,
    });
    if (ruling.allowed) return;
    await world.history.audit.append({
      key: `refused:${actor.id}:${operation.name}:${world.clock.now()}`,
      at: world.clock.now(),
      kind: 'refused',
      actor: actor.id,
      run: undefined,
      operation: operation.name,
      channel: channelId,
      targets: [],
      detail: ruling.rule,
    });
    throw new Refusal('not-allowed', ruling.why);
  }

  return { command, ask, allow };
}
export type Ask = ReturnType<typeof createAsk>;

/** What the features themselves know, for answers. */
type Views = Pick<Asking, 'sites' | 'checks' | 'vantage' | 'siteHistory' | 'schedules' | 'desk' | 'whyNotMend'>;

/** The facts that asking, planning and checking work with. */
export function createAskingFor(world: World, who: Who, views: Views): AskingFor {
  return async ({ requester, channel, place: where, operation: named }, typed) => {
    const operation = typed?.operation ?? world.operations.find(({ name }) => name === named);
    const places = world.clouds.places();
    const chosen = where === undefined ? placesFor(places, typed) : [where];
    const everywhere = chosen.map((place) => ({
      place,
      cloud: world.clouds.at(place, { person: requester }),
      platform: world.clouds.platform(place, { person: requester }),
    }));
    const { cloud, platform } = everywhere[0]!;
    const [allowed, place] = await Promise.all([
      allowedTo(requester),
      needsNoAws(operation)
        ? chosen[0]!
        : cloud.place().catch((error: unknown) => {
            // One of several that does not answer must not hide the others.
            if (everywhere.length === 1) throw error;
            return chosen[0]!;
          }),
    ]);
    return {
      cloud,
      platform,
      at: (to) => world.clouds.at(to, { person: requester }),
      platformAt: (to) => world.clouds.platform(to, { person: requester }),
      everywhere,
      places,
      terraform: world.terraform,
      history: world.history,
      settings: world.settings.current(),
      place,
      now: world.clock.now(),
      requester,
      channel,
      allowed,
      commandOf: (operation) => commandOf(world, operation),
      ...views,
    };
  };

  /** What Deckhand does by itself, deckhand.yml has allowed. */
  async function allowedTo(requester: Order['requester']): Promise<readonly Operation[]> {
    if (requester === deckhand) return world.operations;
    const { roles } = await who(requester);
    return world.operations.filter((operation) => holds(roles, operation.role));
  }
}

/** Sites are managed, looked at and mended also while AWS is away or refuses our keys. */
function needsNoAws(operation: Operation | undefined): boolean {
  return operation !== undefined && (operation.iam.length === 0 || operation.withoutAws === true);
}

function readAsk(ask: Request['ask']): { wanted: Wanted; place: Where | undefined; args: Json } {
  if ('args' in ask) return { wanted: {}, place: ask.place, args: ask.operation.args.parse(ask.args) };
  const { wanted, words } = takePlace(ask.words);
  return { wanted, place: undefined, args: ask.operation.parse(words) };
}

/** An answer's message, with the card its paging buttons need, and its files. */
export async function answerPost(
  world: World,
  operation: AnswerOperation,
  facts: Asking,
  args: Json,
  { wanted, ...view }: { page: number; details: boolean; wanted: Wanted },
): Promise<{ post: Post; files: readonly TextFile[] }> {
  const { files = [], ...message } = await operation.answer(facts, args, view);
  if ((message.buttons ?? []).length === 0) return { post: plain(message), files };
  const remembered = { args, ...view, wanted, requester: facts.requester };
  return { post: { message, token: await rememberAnswer(world, facts.channel, operation.name, remembered) }, files };
}

/** Runs `work`; whatever it throws is told to the person who asked. True when it went through. */
export async function answering(
  world: Pick<World, 'log'>,
  request: Pick<Request, 'id' | 'answer'>,
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const reference = runIdOf(request.id);
    const { message, expected } = explain(error, reference);
    if (!expected) world.log.error({ reference, err: error }, 'a request failed');
    await request.answer(plain(message));
    return false;
  }
}
