import type { z } from 'zod';

import type { VantageSettings } from '#ports/site-settings.ts';

import { duration, flag, list, matching, name, section, whole } from './fields.ts';

/** `vantage` of deckhand.yml. */

const agent = section({
  name: name('frankfurt').describe('What the place is called on cards'),
  token: matching(
    /^\$\{env:[A-Za-z_]\w*\}$/,
    'Expected a variable that holds the token, as `${env:FRANKFURT_TOKEN}`.',
  ).describe('The variable with its token, 32 characters or more; each agent has its own'),
});

export const vantage = section({
  confirm: whole(2, 10)
    .default(2)
    .describe('Places, this one included, that must see a site down; most that answer must in any case'),
  wait: duration('1s', '10s')
    .prefault('5s')
    .describe('How long after our own last check the others are waited for; then the verdict falls without them'),
  replicas: flag()
    .default(false)
    .describe('The other replicas on the same Postgres look as well; name each by DECKHAND_NAME'),
  host: matching(/^[\w.:-]+$/, 'Expected an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them.')
    .default('127.0.0.1')
    .describe('Address where agents are listened for; 0.0.0.0 = all, as in a container'),
  port: whole(0, 65_535)
    .default(3_090)
    .describe('Port where agents are listened for, while there are any; 0 = any free one'),
  agents: list(agent, 20)
    .refine(isOnce, {
      error: 'Expected each name and each token once: two places must not count as one, nor one as two.',
    })
    .default([])
    .describe(
      'Processes in other networks, started with `npm start -- --agent`, that look before a site is told as down',
    ),
});

type File = z.output<typeof vantage>;

function isOnce(agents: readonly { name: string; token: string }[]): boolean {
  return (
    new Set(agents.map(({ name }) => name)).size === agents.length &&
    new Set(agents.map(({ token }) => token)).size === agents.length
  );
}

/** Variables that are not set, or too short to be a secret. */
export function agentFaults({ agents }: File, env: Readonly<Record<string, string | undefined>> | undefined) {
  return agents.flatMap(({ token }, at) => {
    const variable = variableOf(token);
    const value = env?.[variable]?.trim() ?? '';
    if (env === undefined || value.length >= 32) return [];
    const path = ['vantage', 'agents', at, 'token'];
    const next =
      'Make one with `openssl rand -hex 32`, set it in .env and as DECKHAND_TOKEN of the agent, then start Deckhand again.';
    return [
      {
        path,
        next,
        what:
          value === ''
            ? `needs the variable ${variable}, which is not set.`
            : `names ${variable}, which is shorter than 32 characters.`,
      },
    ];
  });
}

/** Variables that hold a token, which is for no site. */
export function tokensOf({ agents }: File): readonly string[] {
  return agents.map(({ token }) => variableOf(token));
}

function variableOf(token: string): string {
  return token.slice('${env:'.length, -1);
}

export function toVantage({ wait, agents, ...rest }: File): VantageSettings {
  return { ...rest, waitMs: wait, agents: agents.map(({ name, token }) => ({ name, variable: variableOf(token) })) };
}
