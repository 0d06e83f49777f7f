/// <reference lib="dom" />
import { blocksView } from './blocks.ts';
import { clock } from './dates.ts';
import { h } from './dom.ts';
import type { Child } from './dom.ts';
import { fileView } from './file-view.ts';
import { signView } from './icons.ts';
import { initials, tone } from './people.ts';
import type { SlackMessage, Workspace } from './shapes.ts';
import { nameOf } from './store.ts';
import type { Surface } from './surface.ts';
import { mrkdwnView } from './text-view.ts';

/** What a message needs to be drawn. */
export type MessageScene = {
  workspace: Workspace | undefined;
  surface: Surface;
  /** Replies below it; absent inside the thread pane. */
  replies?: readonly SlackMessage[];
  openThread?: () => void;
};

/** Draws one message with its author, blocks, marks and thread link. */
export function messageView(message: SlackMessage, scene: MessageScene): HTMLElement {
  const { workspace, surface } = scene;
  const bot = message.bot_id !== undefined || (message.user ?? '') === workspace?.bot.user;
  const author = nameOf(workspace, message.user ?? '');
  const onlyYou = message.ephemeral_to !== undefined;
  const at = new Date(Number(message.ts) * 1_000);
  const blocks = message.blocks ?? [];
  const titleId = `by-${message.ts}`;
  return h(
    'article',
    {
      class: onlyYou ? 'message private' : 'message',
      'data-ts': message.ts,
      'data-card': true,
      'aria-labelledby': titleId,
    },
    onlyYou && h('div', { class: 'only-you' }, signView('eye'), 'Only visible to you'),
    avatarView(bot, author, message.user ?? ''),
    h(
      'div',
      {},
      h(
        'div',
        { class: 'by', id: titleId },
        h('strong', {}, author),
        bot && h('span', { class: 'app' }, 'APP'),
        h('time', { class: 'when', datetime: at.toISOString(), title: at.toLocaleString() }, clock(at)),
      ),
      h(
        'div',
        { class: 'body' },
        blocks.length > 0 ? blocksView(blocks, surface) : mrkdwnView(message.text, surface.names),
        (message.files ?? []).map(fileView),
        message.edited !== undefined && h('span', { class: 'edited' }, '(edited)'),
      ),
      threadLink(scene),
    ),
  );
}

function avatarView(bot: boolean, author: string, id: string): HTMLElement {
  return bot
    ? h('div', { class: 'avatar bot', 'aria-hidden': 'true' }, h('img', { src: '/assets/icon.svg', alt: '' }))
    : h('div', { class: `avatar tone-${tone(id)}`, 'aria-hidden': 'true' }, initials(author));
}

function threadLink({ replies = [], openThread }: MessageScene): Child {
  const last = replies.at(-1);
  if (last === undefined || openThread === undefined) return undefined;
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`;
  return h(
    'button',
    { type: 'button', class: 'thread-link', 'data-focus': 'thread', onclick: openThread },
    count,
    h('small', {}, `Last at ${clock(new Date(Number(last.ts) * 1_000))}`),
  );
}
