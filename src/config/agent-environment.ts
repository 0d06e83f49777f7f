import { howMany, type Problem, refuseAll } from './problems.ts';
import { levelFault, type LogLevel, quoted } from './variables.ts';

/** Wiring and secrets of an agent, checked. */
export type AgentEnvironment = {
  /** Addresses without a slash at the end, one for each replica. */
  hubs: readonly string[];
  token: string;
  allowPrivate: readonly string[];
  /** Variables that checks may name. */
  secrets: readonly string[];
  /** Where `/healthz` is; undefined = nowhere. */
  port: number | undefined;
  host: string;
  logLevel: LogLevel;
};

export const agentHelp = `npm start -- --agent: looks at web sites from this network when Deckhand asks, before it tells people that one is down.
It needs neither Slack nor AWS, and no port that others can reach: it connects to Deckhand.

  DECKHAND_HUB            Address of Deckhand's port for agents (vantage.port), over https; several with commas, one for
                          each replica. Plain http only to this machine.
  DECKHAND_TOKEN          The token of this agent: 32 characters or more, as in the variable that vantage.agents names.
  DECKHAND_ALLOW_PRIVATE  Private hosts, addresses or CIDRs that it may look at, with commas. Default: none.
  DECKHAND_SECRETS        Variables of this environment that checks may send as \${env:NAME}, with commas. Default: none.
  PORT, HOST              Where GET /healthz answers 200 while connected. Default: nowhere; HOST 127.0.0.1.
  LOG_LEVEL               info

Make a token:    openssl rand -hex 32
Then:            DECKHAND_HUB=https://agents.example.com DECKHAND_TOKEN=... npm start -- --agent
More: docs/vantage.md
`;

type Env = Readonly<Record<string, string | undefined>>;

/** Throws one Refusal "bad-input" that names every missing or wrong variable and where to get each. */
export function agentEnvironmentOf(env: Env): AgentEnvironment {
  const problems: Problem[] = [];
  const given = (name: string) => env[name]?.trim() ?? '';
  const listed = (name: string) =>
    given(name)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  const complain = (where: string, what: string, next: string) => void problems.push({ where, what, next });

  const hubs = listed('DECKHAND_HUB').map((one) => one.replace(/\/+$/, ''));
  const hubNext = 'The address of Deckhand for agents, for example https://agents.example.com.';
  if (hubs.length === 0) complain('DECKHAND_HUB', 'is missing.', hubNext);
  for (const hub of hubs) {
    const fault = hubFault(hub);
    if (fault !== undefined) complain('DECKHAND_HUB', fault, hubNext);
  }
  const token = given('DECKHAND_TOKEN');
  const tokenFault =
    token === ''
      ? 'is missing.'
      : (quoted(token) ??
        (/^[\x21-\x7e]{32,512}$/.test(token)
          ? undefined
          : 'is no token: it has fewer than 32 characters, or blanks in it.'));
  if (tokenFault !== undefined)
    complain(
      'DECKHAND_TOKEN',
      tokenFault,
      'Make one with `openssl rand -hex 32`, and set it here and in the variable that vantage.agents of deckhand.yml names.',
    );
  const secrets = listed('DECKHAND_SECRETS');
  for (const name of secrets)
    if (!/^[A-Za-z_]\w*$/.test(name) || /^(AWS|SLACK|DECKHAND|PG)/i.test(name))
      complain(
        'DECKHAND_SECRETS',
        `names ${JSON.stringify(name.slice(0, 40))}, which no check may send.`,
        'Names of variables with commas, such as SHOP_TOKEN.',
      );
  const port = given('PORT');
  if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535))
    complain('PORT', 'is no port.', 'A number from 0 to 65535; leave it out for none.');
  const level = given('LOG_LEVEL') || 'info';
  const wrongLevel = levelFault(level);
  if (wrongLevel !== undefined) complain('LOG_LEVEL', wrongLevel, 'For example info.');
  if (problems.length > 0)
    throw refuseAll(`The agent cannot start: ${howMany(problems)}. All of it: npm start -- --agent --help.`, problems);
  return {
    hubs,
    token,
    secrets,
    allowPrivate: listed('DECKHAND_ALLOW_PRIVATE'),
    port: port === '' ? undefined : Number(port),
    host: given('HOST') || '127.0.0.1',
    logLevel: level as LogLevel,
  };
}

function hubFault(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'is no http or https address.';
  if (url.username + url.password + url.search + url.hash !== '')
    return 'has more in it than an address: a user name, a password, or something after ? or #.';
  const here = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || here ? undefined : 'would send the token over plain http to another machine.';
}
