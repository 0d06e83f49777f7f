import { z } from 'zod';

import type { ControlAnswer } from '#sandbox/parts.ts';

import { ControlRefusal, readInput } from './control-input.ts';
import { findActor, findChannel, tellFailure } from './control-world.ts';
import type { ControlWorld } from './control-world.ts';
import type { Outcome } from './delivery.ts';
import type { Channel, Manifest, Person } from './model.ts';
import { commandPayload } from './payloads.ts';
import { ApiRefusal } from './refusal.ts';
import type { State } from './state.ts';

const Input = z.strictObject({
  user: z.string(),
  channel: z.string(),
  text: z.string().min(1).max(12_000),
  /** Sends the very same request this many times in all. */
  redeliver: z.strictObject({ times: z.int().min(2).max(5) }).optional(),
});
const example = '{"user":"riley","channel":"#ops","text":"/fleet all"}';

type Command = NonNullable<NonNullable<Manifest['features']>['slash_commands']>[number];

/** The commands of the app; none without the scope for them. */
export function commandsOf({ features, oauth_config: oauth }: Manifest): readonly Command[] {
  return (oauth?.scopes?.bot ?? []).includes('commands') ? (features?.slash_commands ?? []) : [];
}

/** A person types a slash command. Resolves when the app has acknowledged or the 3 s are over. */
export async function typeCommand(world: ControlWorld, input: unknown): Promise<ControlAnswer> {
  const { state, triggers, responses, deliver } = world;
  const asked = readInput(Input, input, example);
  const person = findActor(world, asked.user);
  const channel = findChannel(world, asked.channel, person);
  const [name = '', ...words] = asked.text.trim().split(/(\s+)/);
  const command = allowedCommand(world, { name, person, channel });

  const triggerId = triggers.issue({ user: person.id });
  const typed = words.join('').trim();
  const payload = commandPayload({
    state,
    person,
    channel,
    triggerId,
    responseUrl: responses.issue({ channel: channel.id, user: person.id }),
    command: name,
    text: command.should_escape === true ? escapeMentions(typed, state) : escapeText(typed),
  });
  const times = asked.redeliver?.times ?? 1;
  const outcomes = await deliver({ kind: 'slash_commands', payload, acceptsResponse: true }, times);
  const answers = outcomes.map((outcome) => settle(world, { outcome, person, channel, name }));
  const all = answers.length > 1 ? { deliveries: answers } : {};
  return { status: 200, body: { trigger_id: triggerId, ...answers[0], ...all } };
}

/** Throws ControlRefusal when Slack would not let this person type this command here. */
function allowedCommand(
  { state, manifest }: ControlWorld,
  of: { name: string; person: Person; channel: Channel },
): Command {
  const { name, person, channel } = of;
  const known = commandsOf(manifest);
  const command = known.find((one) => one.command === name);
  const list = known.map((one) => one.command).join(', ');
  if (command === undefined)
    throw new ControlRefusal(
      400,
      `text: "${name}" is no command of this app. Commands: ${list === '' ? 'none' : list}.`,
    );
  if (person.teamId !== state.seed.team.id)
    throw new ControlRefusal(
      409,
      `${person.name} is of another workspace, and Slack Connect shares no slash commands. Press a button instead, or use another person.`,
    );
  if (channel.isArchived)
    throw new ControlRefusal(409, `#${channel.name} is archived and takes no commands. Use another channel.`);
  return command;
}

/** Shows the person what the ack says, or that there was none. */
function settle(
  world: ControlWorld,
  of: { outcome: Outcome; person: Person; channel: Channel; name: string },
): Record<string, unknown> {
  const { outcome, person, channel, name } = of;
  if (!outcome.ok) {
    tellFailure(world, { channel, person, what: name, error: outcome.error });
    return { ok: false, error: outcome.error };
  }
  const { afterMs, response } = outcome;
  const values = typeof response === 'string' ? { text: response } : response;
  if (typeof values !== 'object' || values === null || Object.keys(values).length === 0)
    return { ok: true, acked: afterMs };
  try {
    const shown = world.responses.show({ channel: channel.id, user: person.id }, { ...values });
    return { ok: true, acked: afterMs, response: { ...values, ts: shown?.ts } };
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    world.logbook.refused(`ack ${name}`, error.code, JSON.stringify(error.more));
    tellFailure(world, { channel, person, what: name, error: 'invalid_command_response' });
    return { ok: false, acked: afterMs, error: 'invalid_command_response', reason: error.code };
  }
}

/** Source: https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** With should_escape, mentions and addresses arrive as tokens.
 *  Source: https://docs.slack.dev/interactivity/implementing-slash-commands#creating_commands */
function escapeMentions(text: string, state: State): string {
  return escapeText(text).replace(/(^|\s)([@#][\w.-]+|https?:\/\/[^\s<>|]+)/g, (all, space: string, word: string) => {
    const name = word.slice(1).toLowerCase();
    if (word.startsWith('@')) {
      const person = state.seed.people.find((one) => one.name === name);
      const group = state.seed.groups.find((one) => one.handle === name);
      if (person !== undefined) return `${space}<@${person.id}|${person.name}>`;
      return group === undefined ? all : `${space}<!subteam^${group.id}|@${group.handle}>`;
    }
    if (!word.startsWith('#')) return `${space}<${word}>`;
    const channel = state.channels().find((one) => one.directWith === undefined && one.name === name);
    return channel === undefined ? all : `${space}<#${channel.id}|${channel.isPrivate ? '' : channel.name}>`;
  });
}
