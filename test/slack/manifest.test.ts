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
    expect(
      crossCheck({ ...manifest({ mode: 'socket', prefix: '', commands }), settings: { socket_mode_enabled: false } }),
    ).toHaveLength(commands.length + 2);
  });
});
