import { describe, expect, it } from 'vitest';

import { slashCommands } from '#generate.ts';
import { operations } from '#operations/index.ts';
import { botScopes, crossCheck, manifest } from '#slack/manifest.ts';

const commands = slashCommands(operations);

describe('the manifest', () => {
  it.each(['socket', 'http'] as const)('fits together for %s', (mode) => {
    expect(crossCheck(manifest({ mode, baseUrl: 'https://d.example', prefix: '', commands }))).toEqual([]);
  });

  it('has every direct command, with the prefix before all of them', () => {
    const names = manifest({ mode: 'socket', prefix: 'dev-', commands }).features?.slash_commands?.map(
      ({ command }) => command,
    );

    expect(names).toEqual(['/dev-fleet', '/dev-snapshot', '/dev-restore', '/dev-tag', '/dev-deck']);
  });

  it('asks for nothing that reads messages or acts for people', () => {
    expect(botScopes.filter((scope) => /history|search|admin|customize|public/.test(scope))).toEqual([]);
    expect(manifest({ mode: 'socket', prefix: '', commands }).oauth_config?.scopes?.user).toBeUndefined();
  });

  it("keeps Slack's lengths", () => {
    for (const { command, description, usageHint } of commands) {
      expect(command.length).toBeLessThanOrEqual(31);
      expect(description.length).toBeLessThanOrEqual(2_000);
      expect(usageHint.length).toBeLessThanOrEqual(1_000);
    }
  });

  it('is checked for what cannot work together', () => {
    const reserved = manifest({
      mode: 'socket',
      prefix: '',
      commands: [{ command: 'status', description: 'd', usageHint: '' }],
    });
    const noScopes = { ...manifest({ mode: 'http', prefix: '', commands }), oauth_config: { scopes: { bot: [] } } };

    expect(crossCheck(reserved)).toEqual(['/status is reserved by Slack']);
    expect(crossCheck(noScopes)).toContain('slash commands need the scope commands');
  });

  it('needs every address in HTTP mode, and none in Socket Mode', () => {
    const socket = manifest({ mode: 'socket', prefix: '', commands });
    const http = manifest({ mode: 'http', baseUrl: 'https://d.example', prefix: '', commands });
    const swapped = (of: typeof socket, socket_mode_enabled: boolean) =>
      crossCheck({ ...of, settings: { ...of.settings, socket_mode_enabled } });

    expect(swapped(socket, false)).toHaveLength(commands.length + 3);
    expect(swapped(http, true)).toHaveLength(commands.length + 3);
    expect(crossCheck(manifest({ mode: 'http', baseUrl: 'http://d.example', prefix: '', commands }))).toHaveLength(
      commands.length + 3,
    );
  });

  it('asks for exactly the documented scopes, and for what buttons, forms and Home need', () => {
    const whole = manifest({ mode: 'socket', prefix: '', commands });

    expect(
      crossCheck({ ...whole, oauth_config: { scopes: { bot: [...botScopes, 'channels:history'] } } }),
    ).toMatchObject([expect.stringContaining('exactly')]);
    expect(
      crossCheck({ ...whole, settings: { ...whole.settings, interactivity: { is_enabled: false } } }),
    ).toMatchObject([expect.stringContaining('is_enabled')]);
    expect(
      crossCheck({ ...whole, settings: { ...whole.settings, event_subscriptions: { bot_events: [] } } }),
    ).toMatchObject([expect.stringContaining('app_home_opened')]);
    expect(crossCheck(manifest({ mode: 'socket', prefix: '', commands: [...commands, commands[0]!] }))).toEqual([
      'a slash command is there twice',
    ]);
  });
});
