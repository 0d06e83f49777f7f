import { findViolations } from '#slack/limits.ts';

import { ownChannelOf } from './methods.ts';
import type { Call, Method } from './methods.ts';
import type { Message, View } from './model.ts';
import { rates } from './rates.ts';
import { ApiRefusal, badArgument } from './refusal.ts';
import { bot } from './seed.ts';
import { viewJson } from './views.ts';

const byBot = { tokens: ['bot'], scopes: [] } as const satisfies Partial<Method>;
const reacting = { tokens: ['bot'], scopes: ['reactions:write'] } as const satisfies Partial<Method>;

/** views.*, reactions.*, blocks.validate: https://docs.slack.dev/reference/methods */
export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': { ...byBot, rate: rates.tier4, run: (call) => answer(call, open(call)) },
  'views.push': { ...byBot, rate: rates.tier4, run: (call) => answer(call, push(call)) },
  'views.update': { ...byBot, rate: rates.tier4, run: (call) => answer(call, update(call)) },
  'views.publish': { ...byBot, rate: rates.tier4, run: (call) => answer(call, publish(call)) },
  'reactions.add': { ...reacting, rate: rates.tier3, run: (call) => react(call, true) },
  'reactions.remove': { ...reacting, rate: rates.tier2, run: (call) => react(call, false) },
  'blocks.validate': { tokens: 'none', scopes: [], rate: rates.free, run: validate },
};

function answer({ world: { state } }: Call, view: View): Record<string, unknown> {
  return { view: viewJson(view, state.seed.team.id) };
}

/** Either spelling of the trigger's name. */
function trigger({ args, world }: Call) {
  return world.triggers.exchange(args.optional('trigger_id') ?? args.text('interactivity_pointer'));
}

function open(call: Call): View {
  return call.world.views.open(trigger(call).user, call.args.raw['view']);
}

function push(call: Call): View {
  const { user, viewId } = trigger(call);
  if (viewId === undefined) throw new ApiRefusal('invalid_trigger_id');
  return call.world.views.push(user, viewId, call.args.raw['view']);
}

function update({ args, world }: Call): View {
  const [id, externalId, hash] = [args.optional('view_id'), args.optional('external_id'), args.optional('hash')];
  if (id === undefined && externalId === undefined) throw badArgument('missing required field: view_id');
  return world.views.update(
    {
      ...(id === undefined ? {} : { id }),
      ...(externalId === undefined ? {} : { externalId }),
      ...(hash === undefined ? {} : { hash }),
    },
    args.raw['view'],
  );
}

function publish({ args, world }: Call): View {
  const person = world.state.person(args.text('user_id'));
  if (person === undefined || person.isDeleted || person.isBot || person.teamId !== world.state.seed.team.id)
    throw badArgument('invalid user', '/user_id');
  return world.views.publish(person.id, args.raw['view'], args.optional('hash'));
}

function react(call: Call, add: boolean): Record<string, unknown> {
  const { args, world } = call;
  const channel = ownChannelOf(call, 'is_archived');
  const message = world.state.message(channel.id, args.text('timestamp'));
  const name = args.text('name').replaceAll(':', '');
  if (!/^[a-z0-9_+-]+$/.test(name)) throw new ApiRefusal('invalid_name');
  if (message === undefined || message.ephemeralTo !== undefined) throw new ApiRefusal('message_not_found');
  const has = message.reactions.some((reaction) => reaction.name === name && reaction.users.includes(bot.user));
  if (add && has) throw new ApiRefusal('already_reacted');
  if (!add && !has) throw new ApiRefusal('no_reaction');
  world.state.replace({ ...message, reactions: reactionsAfter(message, name, add) });
  return {};
}

function reactionsAfter({ reactions }: Message, name: string, add: boolean): Message['reactions'] {
  const others = reactions.filter((reaction) => reaction.name !== name);
  const users = (reactions.find((reaction) => reaction.name === name)?.users ?? []).filter((user) => user !== bot.user);
  const after = add ? [...users, bot.user] : users;
  return after.length === 0 ? others : [...others, { name, users: after }];
}

function validate({ args }: Call): Record<string, unknown> {
  const given = (['blocks', 'view', 'message'] as const).filter((name) => args.has(name));
  const [name] = given;
  if (name === undefined || given.length > 1) throw badArgument('provide exactly one of blocks, view and message');
  const value = args.json(name, 'invalid_json');
  const surface =
    name === 'view' ? ((value as { type?: unknown } | undefined)?.type === 'home' ? 'home' : 'modal') : 'message';
  const blocks = name === 'message' ? (value as { blocks?: unknown } | undefined)?.blocks : value;
  const errors = findViolations(surface, blocks);
  if (errors.length > 0) throw new ApiRefusal(`invalid_${name}`, { errors });
  return {};
}
