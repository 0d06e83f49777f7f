import type { AppsManifestCreateArguments } from '@slack/web-api';
import { stringify } from 'yaml';

/** The typed manifest: a misspelt scope or event does not compile. */
export type Manifest = Exclude<AppsManifestCreateArguments['manifest'], string>;
export type CommandInfo = { command: string; description: string; usageHint: string };
export type ManifestOf = {
  mode: 'socket' | 'http';
  baseUrl?: string;
  prefix: string;
  commands: readonly CommandInfo[];
};

/**
 * What the bot may do, and why: commands (slash commands), chat:write (cards), im:write (tell a person), users:read (is
 * it a guest, a bot, a stranger), usergroups:read (roles), channels:read and groups:read (is the channel shared).
 * Nothing that reads messages. Source: https://docs.slack.dev/reference/scopes
 */
export const botScopes = [
  'channels:read',
  'chat:write',
  'commands',
  'groups:read',
  'im:write',
  'usergroups:read',
  'users:read',
] as const;

/** The Slack app, for Socket Mode (no address at all) or HTTP (`baseUrl` is where Slack sends). */
export function manifest({ mode, baseUrl, prefix, commands }: ManifestOf): Manifest {
  const url = mode === 'http' ? `${baseUrl ?? 'https://deckhand.example.com'}/slack/events` : undefined;
  const at = url === undefined ? {} : { url };
  const request = url === undefined ? {} : { request_url: url };
  return {
    display_information: {
      name: 'Deckhand',
      description: 'Look at servers, snapshot, restore and tag them, with approvals and alerts',
      background_color: '#1f3a5f',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: true },
      bot_user: { display_name: 'Deckhand', always_online: true },
      slash_commands: commands.map(({ command, description, usageHint }) => ({
        command: `/${prefix}${command}`,
        ...at,
        description,
        ...(usageHint === '' ? {} : { usage_hint: usageHint }),
        should_escape: true,
      })),
    },
    oauth_config: { scopes: { bot: [...botScopes] } },
    settings: {
      event_subscriptions: { ...request, bot_events: ['app_home_opened'] },
      interactivity: { is_enabled: true, ...request, ...(url === undefined ? {} : { message_menu_options_url: url }) },
      org_deploy_enabled: false,
      socket_mode_enabled: mode === 'socket',
      token_rotation_enabled: false,
    },
  };
}

/** The manifest as a file to paste into Slack. */
export function manifestYaml(of: ManifestOf): string {
  const note =
    of.mode === 'socket'
      ? 'Socket Mode'
      : 'HTTP mode: put the address of your Deckhand in place of https://deckhand.example.com';
  return `# Made by \`npm run generate\`. Paste at https://api.slack.com/apps > Create New App > From a manifest. ${note}.\n${stringify(manifest(of), { lineWidth: 0 })}`;
}

/** Names Slack refuses in a manifest. Source: https://slack.com/help/articles/360057554553 */
const reserved = new Set(
  'me status away dnd shrug remind msg feed who collapse expand leave join open search topic mute pro shortcuts'.split(
    ' ',
  ),
);

/** What Slack's schema does not say: combinations that do not work. Empty = fine. */
export function crossCheck(of: Manifest): string[] {
  const commands = of.features?.slash_commands ?? [];
  const scopes: readonly string[] = of.oauth_config?.scopes?.bot ?? [];
  const http = of.settings?.socket_mode_enabled !== true;
  return [
    ...commands
      .filter(({ command }) => reserved.has(command.slice(1)))
      .map(({ command }) => `${command} is reserved by Slack`),
    ...commands
      .filter(({ command }) => !/^\/[a-z0-9_-]{1,31}$/.test(command))
      .map(({ command }) => `${command} is no valid command name`),
    ...(commands.length > 0 && !scopes.includes('commands') ? ['slash commands need the scope commands'] : []),
    ...(scopes.length > 0 && of.features?.bot_user === undefined ? ['bot scopes need features.bot_user'] : []),
    ...(http && commands.some(({ url }) => url === undefined) ? ['HTTP mode needs a url on every command'] : []),
    ...(http && of.settings?.interactivity?.request_url === undefined
      ? ['HTTP mode needs interactivity.request_url']
      : []),
    ...(http && of.settings?.event_subscriptions?.request_url === undefined
      ? ['HTTP mode needs event_subscriptions.request_url']
      : []),
  ];
}
