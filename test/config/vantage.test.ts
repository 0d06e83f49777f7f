import { describe, expect, it } from 'vitest';

import { parseSettings } from '#config.ts';
import { agentEnvironmentOf } from '#config/agent-environment.ts';
import type { Refusal } from '#errors.ts';

const env = { A_TOKEN: 'a'.repeat(32), B_TOKEN: 'b'.repeat(32), WEAK: 'b'.repeat(31) };
const agents = (...all: readonly string[]) => `vantage: { agents: [${all.map((one) => `{ ${one} }`).join(', ')}] }`;
const refused = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return (error as Refusal).message;
  }
  throw new Error('it was taken');
};

describe('vantage in deckhand.yml', () => {
  it('names agents and the variables with their tokens, never a token', () => {
    const { vantage } = parseSettings(agents('name: frankfurt, token: "${env:A_TOKEN}"'), 'deckhand.yml', env);

    expect(vantage).toMatchObject({ confirm: 2, waitMs: 5_000, agents: [{ name: 'frankfurt', variable: 'A_TOKEN' }] });
  });

  it.each([
    [
      'a token as it is',
      agents(`name: a, token: ${'a'.repeat(40)}`),
      /token: what stands there[^]*Expected a variable that holds the token/,
    ],
    ['a variable that is not set', agents('name: a, token: "${env:GONE}"'), /needs the variable GONE[^]*openssl rand/],
    [
      'a token that can be guessed',
      agents('name: a, token: "${env:WEAK}"'),
      /WEAK, which is shorter than 32 characters/,
    ],
    [
      'a name twice',
      agents('name: a, token: "${env:A_TOKEN}"', 'name: a, token: "${env:B_TOKEN}"'),
      /each name and each token once/,
    ],
    [
      'a token twice',
      agents('name: a, token: "${env:A_TOKEN}"', 'name: b, token: "${env:A_TOKEN}"'),
      /each name and each token once/,
    ],
    [
      'a site that would be sent a token',
      `${agents('name: a, token: "${env:A_TOKEN}"')}\nchannels: { alerts: C0ALERTS }\nsites: [{ name: s, url: "https://s.example", headers: { a: "\${env:A_TOKEN}" } }]`,
      /would send A_TOKEN to the site/,
    ],
    ['to wait for longer than people would', 'vantage: { wait: 1m }', /vantage\.wait:[^]*from 1s to 10s/],
    ['one place to confirm itself', 'vantage: { confirm: 1 }', /vantage\.confirm:[^]*from 2 to 10/],
  ])('refuses %s', (_what, text, expected) => {
    expect(refused(() => parseSettings(text, 'deckhand.yml', env))).toMatch(expected);
  });
});

describe('the environment of an agent', () => {
  const good = { DECKHAND_HUB: 'https://a.example.com/, http://127.0.0.1:3090', DECKHAND_TOKEN: 'a'.repeat(64) };

  it('needs an address and a token, and has none of the rest', () => {
    expect(agentEnvironmentOf(good)).toEqual({
      hubs: ['https://a.example.com', 'http://127.0.0.1:3090'],
      token: good.DECKHAND_TOKEN,
      allowPrivate: [],
      secrets: [],
      port: undefined,
      host: '127.0.0.1',
      logLevel: 'info',
    });
  });

  it.each([
    ['nothing', {}, /DECKHAND_HUB: is missing[^]*DECKHAND_TOKEN: is missing[^]*openssl rand/],
    ['plain http elsewhere', { ...good, DECKHAND_HUB: 'http://10.0.0.1:3090' }, /over plain http to another machine/],
    ['a password in the address', { ...good, DECKHAND_HUB: 'https://a:b@c.example' }, /a user name, a password/],
    ['a token that can be guessed', { ...good, DECKHAND_TOKEN: 'short' }, /fewer than 32 characters/],
    ['quotes', { ...good, DECKHAND_TOKEN: `"${good.DECKHAND_TOKEN}"` }, /quotes around it/],
    ['its own token for sites', { ...good, DECKHAND_SECRETS: 'DECKHAND_TOKEN' }, /which no check may send/],
    ['a wrong port', { ...good, PORT: 'http' }, /PORT: is no port/],
  ])('refuses %s with the next move, and shows no token', (_what, given, expected) => {
    const said = refused(() => agentEnvironmentOf(given));
    expect(said).toMatch(expected);
    expect(said).not.toContain('aaaa');
  });
});
