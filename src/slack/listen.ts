import type { App, BlockAction, Context, RespondFn, SlashCommand, ViewSubmitAction } from '@slack/bolt';
import { webApi } from '@slack/bolt';

import {
  type Actor,
  type Chat,
  type Form,
  type FormSubmission,
  type Inbound,
  type MenuSource,
  menuSources,
  type Post,
  type Suggestion,
} from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';
import { buttonVerbs, type ButtonVerb } from '#ports/text.ts';

import { createAnswer, createReplace } from './answers.ts';
import { formCallback, option, readContext, renderForm, suggestPrefix, valuesOf } from './form.ts';
import { createNaming, type Naming } from './naming.ts';
import { createSeen } from './seen.ts';

type Of = {
  inbound: Inbound;
  chat: Chat;
  clock: Clock;
  log: Log;
  prefix: string;
  commands: readonly string[];
  teamId: string;
  enterpriseId: string | undefined;
  named: Naming;
};
type Once = ReturnType<typeof createSeen>;

/** Slack shows an error after 3 s; we warn well before. Source: https://docs.slack.dev/interactivity/handling-user-interaction */
const slowAckMs = 1_000;
/** For what has to be known before the acknowledgement: field errors and menu entries. */
const answerWithinMs = 2_500;

/** When a request arrived, for receivers; `listen` measures from it. */
export function arrival(clock: Pick<Clock, 'monotonic'>): { arrivedAt: number } {
  return { arrivedAt: clock.monotonic() };
}

/** Everything that comes from Slack: acknowledged at once, put into our words, handed on once. */
export function listen(app: App, given: Omit<Of, 'named'>): void {
  const of: Of = { ...given, named: createNaming(given.prefix, given.commands) };
  const { inbound, log } = of;
  const once = createSeen(of.clock);
  app.command(/.*/, async ({ ack, body, respond, client, context }) => {
    await acknowledge(of, 'command', context, async () => ack());
    await once(body.trigger_id, () => onCommand(of, body, respond, client));
  });
  app.action(/.*/, async ({ ack, body, respond, client, context }) => {
    await acknowledge(of, 'action', context, async () => ack());
    if (body.type === 'block_actions') await once(body.trigger_id, () => onPress(of, body, respond, client));
  });
  app.options(/.*/, async ({ ack, payload, context }) => {
    const found = await suggestions(of, payload.action_id, payload.value);
    await acknowledge(of, 'options', context, async () => ack({ options: found.slice(0, 100).map(option) }));
  });
  app.view<ViewSubmitAction>(formCallback, async ({ ack, body, view, context }) => {
    const { operation, channel, incident } = readContext(view.private_metadata);
    const actor = actorOf(body.user, body.user.team_id ?? body.team?.id);
    const answer = createAnswer(of, { channel, user: actor.id, respond: undefined });
    const values = valuesOf(view.state.values);
    const form: FormSubmission = {
      id: `${view.id}:${view.hash}`,
      actor,
      operation,
      channel,
      values,
      answer,
      ...(incident === undefined ? {} : { incident }),
    };
    const errors = await submitted(of, once, body.trigger_id, form);
    await acknowledge(of, 'view', context, async () =>
      errors === undefined ? ack() : ack({ response_action: 'errors', errors: of.named({ ...errors }) }),
    );
  });
  app.event('app_home_opened', async ({ event, body }) => {
    if (event.tab === 'home') await once(body.event_id, () => inbound.homeOpened(event.user));
  });
  app.error(async (error) => log.error({ err: error }, 'a Slack request could not be handled'));
}

async function onCommand(of: Of, body: SlashCommand, respond: RespondFn, client: webApi.WebClient): Promise<void> {
  const actor = actorOf({ id: body.user_id, name: body.user_name }, body.team_id);
  const answer = createAnswer(of, { channel: body.channel_id, user: actor.id, respond });
  const command = commandOf(of, body.command);
  if (!isOurs(of, body)) return answer(say('Deckhand serves another workspace. Install it in yours to use it here.'));
  if (command === undefined)
    return answer(
      say(
        `Deckhand does not know ${body.command}. Its Slack app and its COMMAND_PREFIX do not fit together: an admin should update the app with manifest.yml. Try /${of.prefix}deck help.`,
      ),
    );
  await of.inbound.command({
    id: body.trigger_id,
    actor,
    channel: body.channel_id,
    command,
    text: body.text,
    answer,
    openForm: opener(of, client, { trigger: body.trigger_id, channel: body.channel_id }),
  });
}

function opener(of: Of, client: webApi.WebClient, { trigger, channel }: { trigger: string; channel: string }) {
  return async function openForm(form: Form): Promise<boolean> {
    try {
      await client.views.open({ trigger_id: trigger, view: renderForm(of.named(form), channel) });
      return true;
    } catch (error) {
      of.log.warn(
        { reason: error instanceof webApi.WebAPIPlatformError ? error.data.error : 'no answer' },
        'a form could not be opened',
      );
      return false;
    }
  };
}

/** Commands work in the workspace that installed the app only; anything else is not meant for this installation. */
function isOurs({ teamId, enterpriseId }: Of, body: SlashCommand): boolean {
  return body.team_id === teamId || (enterpriseId !== undefined && body.enterprise_id === enterpriseId);
}

function commandOf({ prefix, commands }: Of, typed: string): string | undefined {
  return commands.find((command) => `/${prefix}${command}` === typed.toLowerCase());
}

async function onPress(
  of: Of,
  body: BlockAction,
  respond: RespondFn | undefined,
  client: webApi.WebClient,
): Promise<void> {
  const action = body.actions[0];
  if (action === undefined) return;
  const actor = actorOf(body.user, body.user.team_id ?? body.team?.id);
  const ts: unknown = body.message?.ts ?? body.container['message_ts'];
  const channel: unknown = body.channel?.id ?? body.container['channel_id'];
  const to = {
    channel: typeof channel === 'string' ? channel : '',
    user: actor.id,
    respond: body.response_url === undefined || body.response_url === '' ? undefined : respond,
  };
  const answer = createAnswer(of, to);
  const menu = action.type === 'users_select' ? action : undefined;
  const [token = '', mark] = ('value' in action ? (action.value ?? '') : action.block_id).split(' ');
  if (!isVerb(action.action_id) || !('value' in action || menu !== undefined))
    return answer(say(`This card is out of date and its buttons no longer work. Ask again with /${of.prefix}deck.`));
  await of.inbound.press({
    id: body.trigger_id,
    actor,
    verb: action.action_id,
    ...(menu === undefined ? {} : { person: menu.selected_user }),
    token,
    ...(mark === undefined ? {} : { mark }),
    channel: to.channel,
    ...(typeof ts === 'string' ? { ts } : {}),
    isEphemeral: body.container['is_ephemeral'] === true,
    answer,
    openForm: opener(of, client, { trigger: body.trigger_id, channel: to.channel }),
    replace: createReplace(of, to),
  });
}

/** The entries of a menu; none when they do not come in time. */
async function suggestions({ inbound, clock, log }: Of, action: string, typed: string): Promise<readonly Suggestion[]> {
  const kind = action.startsWith(suggestPrefix) ? action.slice(suggestPrefix.length) : '';
  if (!isSource(kind)) return [];
  const found = inbound.suggest(kind, typed).catch((error: unknown) => {
    log.warn({ err: error, kind }, 'a menu could not be filled');
    return [];
  });
  return Promise.race([found, clock.sleep(answerWithinMs).then(() => [])]);
}

/** Field errors, or undefined when the form may close. Errors that come too late for the form are told to the person. */
async function submitted(of: Of, once: Once, id: string, form: FormSubmission): Promise<FieldErrors | undefined> {
  let late = false;
  const outcome = once(id, () => of.inbound.submit(form)).then(
    async (errors) => {
      if (late && errors !== undefined) await form.answer(say(`Nothing was done. ${Object.values(errors).join(' ')}`));
      return errors;
    },
    async (error: unknown) => {
      of.log.error({ err: error }, 'a form could not be handled');
      await form.answer(say('Something broke while this form was read, so nothing was done. Try again.'));
      return undefined;
    },
  );
  const tooLate = of.clock.sleep(answerWithinMs).then(() => {
    late = true;
    return undefined;
  });
  return Promise.race([outcome, tooLate]);
}
type FieldErrors = Readonly<Record<string, string>>;

/** An acknowledgement that does not reach Slack any more is Slack's error to the person, not a reason to die or to stop. */
async function acknowledge(
  { clock, log }: Of,
  kind: string,
  context: Context,
  ack: () => Promise<void>,
): Promise<void> {
  const arrivedAt: unknown = context['arrivedAt'];
  try {
    await ack();
  } catch (error) {
    log.warn({ err: error, kind }, 'a request could not be acknowledged');
  }
  const ackMs = typeof arrivedAt === 'number' ? Math.round(clock.monotonic() - arrivedAt) : undefined;
  if (ackMs !== undefined && ackMs > slowAckMs) log.warn({ kind, ackMs }, 'acknowledged late');
  else log.debug({ kind, ackMs }, 'acknowledged');
}

function say(text: string): Post {
  return { message: { alert: text, sections: [{ kind: 'text', lines: [text] }] }, token: '' };
}

function actorOf(user: { id: string; name?: string; username?: string }, teamId: string | undefined): Actor {
  return { id: user.id, teamId: teamId ?? '', name: user.name ?? user.username ?? user.id };
}

function isVerb(id: string): id is ButtonVerb {
  return (buttonVerbs as readonly string[]).includes(id);
}

function isSource(kind: string): kind is MenuSource {
  return (menuSources as readonly string[]).includes(kind);
}
