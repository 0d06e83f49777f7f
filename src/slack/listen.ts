import type { App, BlockAction, RespondFn, SlashCommand } from '@slack/bolt';
import { webApi } from '@slack/bolt';

import type { Actor, Chat, Inbound } from '#ports/chat.ts';
import type { Clock, Log } from '#ports/clock.ts';
import { buttonVerbs, type ButtonVerb } from '#ports/text.ts';

import { createAnswer, createReplace } from './answers.ts';
import { type FormContext, formCallback, option, renderForm, suggestPrefix, valuesOf } from './form.ts';

type Of = { inbound: Inbound; chat: Chat; clock: Clock; log: Log; prefix: string; commands: readonly string[] };

/** Slack shows an error after 3 s; we warn well before. Source: https://docs.slack.dev/interactivity/handling-user-interaction */
const slowAckMs = 1_000;

/** Everything that comes from Slack: acknowledged at once, put into our words, handed on. */
export function listen(app: App, of: Of): void {
  const { inbound, log } = of;
  for (const command of of.commands) {
    app.command(`/${of.prefix}${command}`, async ({ ack, body, respond, client }) => {
      await acknowledge(of, async () => ack());
      await onCommand(of, command, body, respond, client);
    });
  }
  app.action(/.*/, async ({ ack, body, respond }) => {
    await acknowledge(of, async () => ack());
    if (body.type === 'block_actions') await onPress(of, body, respond);
  });
  app.options(/.*/, async ({ ack, payload }) => {
    const kind = payload.action_id.startsWith(suggestPrefix) ? payload.action_id.slice(suggestPrefix.length) : '';
    const found = isSource(kind) ? await inbound.suggest(kind, payload.value) : [];
    await ack({ options: found.slice(0, 100).map(option) });
  });
  app.view(formCallback, async ({ ack, body, view }) => {
    const context = JSON.parse(view.private_metadata) as FormContext; // written by renderForm
    const actor = actorOf(body.user, body.team?.id);
    const answer = createAnswer(of, { channel: context.channel, user: actor.id, respond: undefined });
    const errors = await inbound.submit({
      id: `${view.id}:${view.hash}`,
      actor,
      operation: context.operation,
      channel: context.channel,
      values: valuesOf(view.state.values),
      answer,
    });
    await (errors === undefined ? ack() : ack({ response_action: 'errors', errors: { ...errors } }));
  });
  app.event('app_home_opened', async ({ event }) => {
    if (event.tab === 'home') await inbound.homeOpened(event.user);
  });
  app.error(async (error) => log.error({ err: error }, 'a Slack request could not be handled'));
}

async function onCommand(
  of: Of,
  command: string,
  body: SlashCommand,
  respond: RespondFn,
  client: webApi.WebClient,
): Promise<void> {
  const actor = actorOf({ id: body.user_id, name: body.user_name }, body.team_id);
  await of.inbound.command({
    id: body.trigger_id,
    actor,
    channel: body.channel_id,
    command,
    text: body.text,
    answer: createAnswer(of, { channel: body.channel_id, user: actor.id, respond }),
    openForm: async (form) => {
      try {
        await client.views.open({ trigger_id: body.trigger_id, view: renderForm(form, body.channel_id) });
        return true;
      } catch (error) {
        of.log.warn(
          { reason: error instanceof webApi.WebAPIPlatformError ? error.data.error : 'no answer' },
          'a form could not be opened',
        );
        return false;
      }
    },
  });
}

async function onPress(of: Of, body: BlockAction, respond: RespondFn | undefined): Promise<void> {
  const action = body.actions[0];
  if (action === undefined) return;
  const channel = body.channel?.id ?? body.container['channel_id'];
  const actor = actorOf(body.user, body.user.team_id ?? body.team?.id);
  const ts = body.message?.ts ?? body.container['message_ts'];
  const to = {
    channel: channel ?? '',
    user: actor.id,
    respond: body.response_url === undefined || body.response_url === '' ? undefined : respond,
  };
  await of.inbound.press({
    id: body.trigger_id,
    actor,
    // A verb of an older version has no meaning here; its card is answered as out of date.
    verb: isVerb(action.action_id) ? action.action_id : 'refresh',
    token: isVerb(action.action_id) && 'value' in action ? (action.value ?? '') : '',
    channel: channel ?? '',
    ...(typeof ts === 'string' ? { ts } : {}),
    isEphemeral: body.container['is_ephemeral'] === true,
    answer: createAnswer(of, to),
    replace: createReplace(of, to),
  });
}

/** An acknowledgement that does not reach Slack any more is Slack's error to the person, not a reason to die or to stop. */
async function acknowledge({ clock, log }: Of, ack: () => Promise<void>): Promise<void> {
  const start = clock.monotonic();
  try {
    await ack();
  } catch (error) {
    log.warn({ err: error }, 'a request could not be acknowledged');
  }
  const ackMs = Math.round(clock.monotonic() - start);
  if (ackMs > slowAckMs) log.warn({ ackMs }, 'acknowledged late');
}

function actorOf(user: { id: string; name?: string; username?: string }, teamId: string | undefined): Actor {
  return { id: user.id, teamId: teamId ?? '', name: user.name ?? user.username ?? user.id };
}

function isVerb(id: string): id is ButtonVerb {
  return (buttonVerbs as readonly string[]).includes(id);
}

function isSource(kind: string): kind is 'servers' | 'volumes' | 'snapshots' {
  return kind === 'servers' || kind === 'volumes' || kind === 'snapshots';
}
