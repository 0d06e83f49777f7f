/** What single variables ought to hold: where each is found, and what is wrong with a value (undefined = nothing). */
export type Fault = (value: string) => string | undefined;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Where each value is found. Source: https://docs.slack.dev/authentication/tokens */
export const help = {
  botToken:
    'https://api.slack.com/apps > your app > OAuth & Permissions > Bot User OAuth Token; it starts with xoxb- (install the app to the workspace first).',
  appToken:
    'https://api.slack.com/apps > your app > Basic Information > App-Level Tokens > Generate, with the scope connections:write; it starts with xapp-. (Without Socket Mode: set SLACK_SIGNING_SECRET instead.)',
  signingSecret:
    'https://api.slack.com/apps > your app > Basic Information > App Credentials > Signing Secret; 32 letters and digits.',
  apiUrl: 'Leave it out for Slack itself; https://slack-gov.com/api/ for GovSlack. Plain http only to this machine.',
  region: 'The Region of your servers, for example us-east-1 (or set `aws.region` in deckhand.yml).',
  keys: 'Set both, or neither: without them the AWS SDK takes the profile, or the role of the instance or task.',
  endpoint: 'Leave it out for AWS itself; else a whole address, for example http://127.0.0.1:4747/aws.',
  database:
    'For example postgres://deckhand:secret@db.internal:5432/deckhand; leave it out for the embedded store in DATA_DIR.',
  port: 'A number from 0 to 65535; the default is 3000.',
  host: 'An address of this machine: 127.0.0.1 (the default), or 0.0.0.0 for all of them, as in a container.',
  logLevel: `One of ${logLevels.join(', ')}; the default is info.`,
  name: 'A short name such as frankfurt-a: letters, digits, dots, - and _, at most 40. Leave it out for the name of the machine.',
  prefix: 'At most 20 small letters, digits, - and _: `ops-` makes /ops-snapshot. Leave it out for /snapshot.',
};

/** `docker run --env-file` hands quotes on as part of the value. */
export function quoted(value: string): string | undefined {
  return /^(["']).*\1$/s.test(value) ? 'has quotes around it, and they are part of the value. Remove them.' : undefined;
}

export function placeholder(value: string): boolean {
  return /your|example|change-?me|\.\.\.|…|^<.*>$|^xxx/i.test(value) && !/^AKIA|^ASIA/.test(value);
}

export function botTokenFault(value: string): string | undefined {
  if (placeholder(value)) return 'still holds the text of the example.';
  if (value.startsWith('xapp-')) return 'holds an app-level token (xapp-…). That one belongs in SLACK_APP_TOKEN.';
  if (value.startsWith('xoxp-')) return 'holds a user token (xoxp-…). Deckhand acts as its bot.';
  if (/^xoxe[.-]/.test(value)) return 'holds a rotating token (xoxe…). Deckhand needs token rotation switched off.';
  return /^xoxb-[\w-]+$/.test(value) ? undefined : 'is no bot token: it does not start with xoxb-.';
}

export function appTokenFault(value: string): string | undefined {
  if (placeholder(value)) return 'still holds the text of the example.';
  if (/^xox[bp]-/.test(value))
    return `holds a ${value.startsWith('xoxb') ? 'bot' : 'user'} token (${value.slice(0, 5)}…).${value.startsWith('xoxb') ? ' That one belongs in SLACK_BOT_TOKEN.' : ''}`;
  return /^xapp-[\w-]+$/.test(value) ? undefined : 'is no app-level token: it does not start with xapp-.';
}

export function signingSecretFault(value: string): string | undefined {
  if (placeholder(value)) return 'still holds the text of the example.';
  if (/^x(ox[a-z]|app)-/.test(value)) return 'holds a token, not the signing secret.';
  return /^[0-9a-f]{32}$/.test(value) ? undefined : 'is no signing secret: that has 32 characters of 0-9 and a-f.';
}

export function urlFault(value: string): string | undefined {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) ? undefined : `${shown(value)} is no http or https address.`;
}

export function apiUrlFault(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return `${shown(value)} is no http or https address.`;
  const here = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || here ? undefined : 'would send the tokens over plain http to another machine.';
}

export function regionFault(value: string): string | undefined {
  if (/^[a-z]{2,4}(-[a-z]+)+-\d[a-z]$/.test(value))
    return `${shown(value)} is an availability zone; the Region is ${value.slice(0, -1)}.`;
  return /^[a-z]{2,4}(-[a-z]+)+-\d$/.test(value) ? undefined : `${shown(value)} is no AWS Region.`;
}

/** Never shows the value: a password stands in it. */
export function databaseFault(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null)
    return 'cannot be read as an address. Characters such as @ : / # in the password must be percent-encoded.';
  if (!/^postgres(ql)?:$/.test(url.protocol))
    return `starts with ${url.protocol}//, but only Postgres (postgres://) can be used.`;
  if (placeholder(url.password) || placeholder(url.hostname)) return 'still holds the text of the example.';
  return url.pathname.length > 1 ? undefined : 'names no database: it ends after the host.';
}

export function portFault(value: string): string | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? undefined : `${shown(value)} is no port.`;
}

export function hostFault(value: string): string | undefined {
  return /^[\w.:-]+$/.test(value) ? undefined : `${shown(value)} is no address to listen on.`;
}

export function levelFault(value: string): string | undefined {
  return (logLevels as readonly string[]).includes(value) ? undefined : `${shown(value)} is no log level.`;
}

/** Slack allows 32 characters of a command, its slash included; our longest is `snapshot`.
 *  Source: https://github.com/slackapi/manifest-schema (slash_commands). */
export function prefixFault(value: string): string | undefined {
  return /^[a-z0-9_-]{1,20}$/.test(value) ? undefined : `${shown(value)} cannot go before a slash command.`;
}

export function nameFault(value: string): string | undefined {
  return /^[\w.-]{1,40}$/.test(value) ? undefined : `${shown(value)} cannot name a place.`;
}

export function noFault(): undefined {
  return undefined;
}

/** Short, and without the credentials of an address. */
function shown(value: string): string {
  const short = value.replaceAll(/\/\/[^/@\s]*@/g, '//…@');
  return JSON.stringify(short.length > 60 ? `${short.slice(0, 60)}…` : short);
}
