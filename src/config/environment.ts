import { distance } from '#lib/targets.ts';

import { howMany, type Problem, refuseAll } from './problems.ts';
import {
  apiUrlFault,
  appTokenFault,
  botTokenFault,
  databaseFault,
  type Fault,
  help,
  hostFault,
  levelFault,
  nameFault,
  type LogLevel,
  noFault,
  placeholder,
  portFault,
  prefixFault,
  quoted,
  regionFault,
  signingSecretFault,
  urlFault,
} from './variables.ts';

/** Wiring and secrets, checked. */
export type Environment = {
  slack: {
    botToken: string;
    /** Ends with a slash. Undefined = Slack itself. */
    apiUrl: string | undefined;
    connection: { kind: 'socket'; appToken: string } | { kind: 'http'; signingSecret: string };
  };
  /** AWS_REGION; it goes before `aws.region` of deckhand.yml. */
  awsRegion: string | undefined;
  /** Where EC2 calls go when it is not AWS: AWS_ENDPOINT_URL_EC2, else AWS_ENDPOINT_URL. The SDK reads them itself. */
  awsEndpoint: string | undefined;
  store: { kind: 'postgres'; url: string } | { kind: 'embedded'; directory: string };
  /** `/healthz`, and Slack's requests in HTTP mode. 0 = any free port. */
  port: number;
  host: string;
  logLevel: LogLevel;
  /** Goes before every slash command; '' = none. */
  commandPrefix: string;
  /** deckhand.yml. */
  configPath: string;
  /** What this place is called where several look at sites; undefined = the name of the machine. */
  name: string | undefined;
};

/** What is read here, for the check of .env.example and for "did you mean". The SDK reads more of AWS's own. */
export const variables = [
  'SLACK_BOT_TOKEN',
  'SLACK_APP_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_API_URL',
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_EC2',
  'DATABASE_URL',
  'DATA_DIR',
  'PORT',
  'HOST',
  'LOG_LEVEL',
  'COMMAND_PREFIX',
  'DECKHAND_CONFIG',
  'DECKHAND_NAME',
] as const;
type Variable = (typeof variables)[number];

type Variables = Readonly<Record<string, string | undefined>>;
type Read = { environment: Environment; problems: readonly Problem[] };

/**
 * The environment, checked. Throws one Refusal "bad-input" that names every missing or wrong variable and where to get
 * each. An empty value counts as not set. Looks at nothing but `env`.
 */
export function environmentOf(env: Variables): Environment {
  const { environment, problems } = inspectEnvironment(env);
  if (problems.length > 0)
    throw refuseAll(`Deckhand cannot start: ${howMany(problems)}. Set them in .env (see .env.example).`, problems);
  return environment;
}

/** As `environmentOf`, with the problems as data; `environment` is only meant to be used when there are none. */
export function inspectEnvironment(env: Variables): Read {
  const problems: Problem[] = [];
  const reader = createReader(env, problems);
  const { optional, required } = reader;
  checkKeys(reader);
  const environment: Environment = {
    slack: {
      botToken: required('SLACK_BOT_TOKEN', botTokenFault, help.botToken),
      connection: connectionOf(reader),
      apiUrl: withSlash(optional('SLACK_API_URL', apiUrlFault, help.apiUrl)),
    },
    awsRegion: optional('AWS_REGION', regionFault, help.region),
    awsEndpoint: endpointOf(reader),
    store: storeOf(reader),
    port: Number(optional('PORT', portFault, help.port) ?? 3_000),
    host: optional('HOST', hostFault, help.host) ?? '127.0.0.1',
    logLevel: (optional('LOG_LEVEL', levelFault, help.logLevel) ?? 'info') as LogLevel,
    commandPrefix: optional('COMMAND_PREFIX', prefixFault, help.prefix) ?? '',
    configPath: optional('DECKHAND_CONFIG', noFault, '') ?? './deckhand.yml',
    name: optional('DECKHAND_NAME', nameFault, help.name),
  };
  return { environment, problems };
}

type Reader = ReturnType<typeof createReader>;

/** Reads single variables and notes what is wrong with them. */
function createReader(env: Variables, problems: Problem[]) {
  const given = (name: Variable): string => env[name]?.trim() ?? '';
  const complain = (where: string, what: string, next: string): void => void problems.push({ where, what, next });

  function optional(name: Variable, fault: Fault, next: string): string | undefined {
    const value = given(name);
    if (value === '') return undefined;
    const wrong = quoted(value) ?? fault(value);
    if (wrong !== undefined) complain(name, wrong, next);
    return value;
  }

  function required(name: Variable, fault: Fault, next: string): string {
    const value = optional(name, fault, next);
    if (value === undefined) complain(name, `is missing.${misspelt(name, env)}`, next);
    return value ?? '';
  }

  return { given, complain, optional, required };
}

function connectionOf({ given, complain, required }: Reader): Environment['slack']['connection'] {
  const both = given('SLACK_APP_TOKEN') !== '' && given('SLACK_SIGNING_SECRET') !== '';
  if (both)
    complain(
      'SLACK_APP_TOKEN, SLACK_SIGNING_SECRET',
      'are both set, but Deckhand connects to Slack in one way.',
      'Keep SLACK_APP_TOKEN for Socket Mode (no public address needed), or SLACK_SIGNING_SECRET for HTTP mode. Remove the other.',
    );
  if (!both && given('SLACK_SIGNING_SECRET') !== '')
    return { kind: 'http', signingSecret: required('SLACK_SIGNING_SECRET', signingSecretFault, help.signingSecret) };
  return { kind: 'socket', appToken: required('SLACK_APP_TOKEN', appTokenFault, help.appToken) };
}

function checkKeys({ given, complain }: Reader): void {
  const id = given('AWS_ACCESS_KEY_ID');
  const secret = given('AWS_SECRET_ACCESS_KEY');
  if ((id === '') !== (secret === ''))
    complain(
      id === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY',
      'is missing, while its other half is set.',
      help.keys,
    );
  else if (placeholder(id))
    complain('AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY', 'still hold the text of the example.', help.keys);
}

function endpointOf({ optional }: Reader): string | undefined {
  const general = optional('AWS_ENDPOINT_URL', urlFault, help.endpoint);
  return optional('AWS_ENDPOINT_URL_EC2', urlFault, help.endpoint) ?? general;
}

function storeOf({ optional }: Reader): Environment['store'] {
  const url = optional('DATABASE_URL', databaseFault, help.database);
  if (url !== undefined) return { kind: 'postgres', url };
  return { kind: 'embedded', directory: optional('DATA_DIR', noFault, '') ?? './data' };
}

function misspelt(name: Variable, env: Variables): string {
  const known: readonly string[] = variables;
  const close = Object.keys(env).find((other) => !known.includes(other) && distance(other.toUpperCase(), name) <= 2);
  return close === undefined ? '' : ` (${close} is set: is that a misspelling?)`;
}

function withSlash(url: string | undefined): string | undefined {
  return url === undefined || url.endsWith('/') ? url : `${url}/`;
}
