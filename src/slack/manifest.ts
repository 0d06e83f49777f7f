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
 * What the bot may do, and why: commands (slash commands), chat:write (cards), files:write (charts and
 * long lists), im:write (tell a person), users:read (is
 * it a guest, a bot, a stranger), usergroups:read (roles), channels:read and groups:read (is the channel shared).
 * Nothing that reads messages. Source: https://docs.slack.dev/reference/scopes
 */
export const botScopes = [
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
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

/** What Slack's schema does not say: combinations that do not work, and scopes beyond those above. Empty = fine. */
export function crossCheck(of: Manifest): string[] {
  const commands = of.features?.slash_commands ?? [];
  const names = commands.map(({ command }) => command);
  const scopes: readonly string[] = of.oauth_config?.scopes?.bot ?? [];
  const { settings } = of;
  const hasHome = of.features?.app_home?.home_tab_enabled === true;
  const hearsHome = settings?.event_subscriptions?.bot_events?.includes('app_home_opened') === true;
  const checks: readonly (readonly [wrong: boolean, problem: string])[] = [
    ...names.map((name) => [reserved.has(name.slice(1)), `${name} is reserved by Slack`] as const),
    ...names.map((name) => [!/^\/[a-z0-9_-]{1,31}$/.test(name), `${name} is no valid command name`] as const),
    [new Set(names).size < names.length, 'a slash command is there twice'],
    [names.length > 50, 'Slack takes at most 50 slash commands'],
    [names.length > 0 && !scopes.includes('commands'), 'slash commands need the scope commands'],
    [scopes.length > 0 && of.features?.bot_user === undefined, 'bot scopes need features.bot_user'],
    [
      [...scopes].toSorted().join(' ') !== [...botScopes].toSorted().join(' '),
      `the bot scopes must be exactly ${botScopes.join(', ')}`,
    ],
    [settings?.interactivity?.is_enabled !== true, 'buttons and forms need interactivity.is_enabled'],
    [hasHome !== hearsHome, 'the Home tab and the event app_home_opened need each other'],
    ...addressChecks(of),
  ];
  return checks.filter(([wrong]) => wrong).map(([, problem]) => problem);
}

/** Socket Mode takes no addresses; HTTP mode needs all of them. */
function addressChecks({ features, settings }: Manifest): readonly (readonly [boolean, string])[] {
  const urls = [
    ...(features?.slash_commands ?? []).map(({ command, url }) => [command, url] as const),
    ['interactivity.request_url', settings?.interactivity?.request_url] as const,
    ['interactivity.message_menu_options_url', settings?.interactivity?.message_menu_options_url] as const,
    ['event_subscriptions.request_url', settings?.event_subscriptions?.request_url] as const,
  ];
  if (settings?.socket_mode_enabled === true)
    return urls.map(
      ([place, url]) => [url !== undefined, `Socket Mode takes no address, but ${place} has one`] as const,
    );
  return urls.map(
    ([place, url]) =>
      [url === undefined || !url.startsWith('https://'), `HTTP mode needs an https address for ${place}`] as const,
  );
}
