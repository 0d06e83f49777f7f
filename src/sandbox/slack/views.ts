import { findViolations, largestView } from '#slack/limits.ts';

import { withIds } from './blocks.ts';
import type { Block, Manifest, View } from './model.ts';
import { ApiRefusal, badArgument } from './refusal.ts';
import { bot } from './seed.ts';
import { initialValues } from './state-values.ts';
import type { State } from './state.ts';

/** Modals and Home views. One stack of modals per person. Everything throws ApiRefusal with Slack's codes. */
export type Views = {
  /** Opens a modal as the only one of the person. */
  open: (user: string, raw: unknown) => View;
  /** Puts a modal on top of `below`. */
  push: (user: string, below: string, raw: unknown) => View;
  update: (of: { id?: string; externalId?: string; hash?: string }, raw: unknown) => View;
  publish: (user: string, raw: unknown, hash?: string) => View;
  find: (id: string) => View | undefined;
  /** Bottom first. */
  stack: (user: string) => readonly View[];
  home: (user: string) => View | undefined;
  /** Closes a modal and those above it. */
  close: (id: string) => void;
  closeAll: (user: string) => void;
  /** Keeps what a person typed or chose. */
  hold: (view: View) => void;
};

/** Source: https://docs.slack.dev/reference/methods/views.push (push_limit_reached) */
const highestStack = 3;

export function createViews(state: State, manifest: Manifest): Views {
  const stacks = new Map<string, readonly View[]>();
  const homes = new Map<string, View>();
  const all = (): readonly View[] => [...stacks.values(), [...homes.values()]].flat();
  const stack = (user: string): readonly View[] => stacks.get(user) ?? [];

  function put(user: string, views: readonly View[]): void {
    stacks.set(user, views);
    state.changed();
  }
  function replace(view: View): View {
    if (view.type === 'home') homes.set(view.user, view);
    else
      stacks.set(
        view.user,
        stack(view.user).map((one) => (one.id === view.id ? view : one)),
      );
    state.changed();
    return view;
  }
  function make(user: string, type: View['type'], raw: unknown): View {
    const checked = checkView(type, raw);
    const externalId = checked.rest['external_id'];
    if (externalId !== undefined && all().some(({ rest }) => rest['external_id'] === externalId))
      throw new ApiRefusal('duplicate_external_id');
    const id = state.newId('V');
    return { id, type, user, hash: newHash(state), rootId: id, values: initialValues(checked.blocks), ...checked };
  }

  return {
    find: (id) => all().find((view) => view.id === id),
    stack,
    home: (user) => homes.get(user),
    hold: (view) => void replace(view),
    open: (user, raw) => {
      const view = make(user, 'modal', raw);
      put(user, [view]);
      return view;
    },
    push: (user, below, raw) => {
      const under = stack(user);
      const at = under.findIndex(({ id }) => id === below);
      if (at < 0) throw new ApiRefusal('invalid_trigger_id');
      if (at + 1 >= highestStack) throw new ApiRefusal('push_limit_reached');
      const view: View = { ...make(user, 'modal', raw), rootId: under[0]?.id ?? below, previousId: below };
      put(user, [...under.slice(0, at + 1), view]);
      return view;
    },
    update: ({ id, externalId, hash }, raw) => {
      const found = all().find((view) => (id === undefined ? view.rest['external_id'] === externalId : view.id === id));
      if (found === undefined || (id === undefined && externalId === undefined)) throw new ApiRefusal('not_found');
      if (hash !== undefined && hash !== found.hash) throw new ApiRefusal('hash_conflict');
      const checked = checkView(found.type, raw);
      return replace({
        ...found,
        ...checked,
        hash: newHash(state),
        values: initialValues(checked.blocks, found.values),
      });
    },
    publish: (user, raw, hash) => {
      if (manifest.features !== undefined && manifest.features.app_home?.home_tab_enabled !== true)
        throw new ApiRefusal('not_enabled');
      const before = homes.get(user);
      if (hash !== undefined && hash !== before?.hash) throw new ApiRefusal('hash_conflict');
      const checked = checkView('home', raw);
      if (before === undefined) return replace(make(user, 'home', raw));
      return replace({ ...before, ...checked, hash: newHash(state), values: initialValues(checked.blocks) });
    },
    close: (id) => {
      for (const [user, views] of stacks) {
        const at = views.findIndex((view) => view.id === id);
        if (at >= 0) put(user, views.slice(0, at));
      }
    },
    closeAll: (user) => put(user, []),
  };
}

function newHash(state: State): string {
  return `${state.newTs()}.${state.newId('h').slice(-8).toLowerCase()}`;
}

/** Reads a view and refuses whatever Slack would. */
function checkView(type: View['type'], raw: unknown): Pick<View, 'blocks' | 'rest'> {
  const view = parsed(raw);
  if (JSON.stringify(view).length > largestView) throw new ApiRefusal('view_too_large');
  const messages = findViolations(type, view).map(
    ({ message, pointer }) => `[ERROR] ${message} [json-pointer:${pointer}]`,
  );
  if (messages.length > 0) throw new ApiRefusal('invalid_arguments', { response_metadata: { messages } });
  const { blocks, type: _type, ...rest } = view;
  return { blocks: withIds(blocks as Block[]), rest };
}

function parsed(raw: unknown): Record<string, unknown> {
  try {
    const view: unknown = typeof raw === 'string' ? JSON.parse(raw) : raw;
    if (typeof view === 'object' && view !== null && !Array.isArray(view)) return view as Record<string, unknown>;
  } catch {
    throw badArgument('must be valid JSON', '/view');
  }
  throw badArgument('missing required field: view');
}

/** A view as Slack sends it. */
export function viewJson(view: View, team: string): Record<string, unknown> {
  const { rest } = view;
  return {
    id: view.id,
    team_id: team,
    type: view.type,
    blocks: view.blocks,
    private_metadata: rest['private_metadata'] ?? '',
    callback_id: rest['callback_id'] ?? '',
    external_id: rest['external_id'] ?? '',
    state: { values: view.values },
    hash: view.hash,
    title: rest['title'] ?? { type: 'plain_text', text: 'View Title', emoji: true },
    close: rest['close'] ?? null,
    submit: rest['submit'] ?? null,
    clear_on_close: rest['clear_on_close'] ?? false,
    notify_on_close: rest['notify_on_close'] ?? false,
    previous_view_id: view.previousId ?? null,
    root_view_id: view.rootId,
    app_id: bot.app,
    app_installed_team_id: team,
    bot_id: bot.id,
  };
}
