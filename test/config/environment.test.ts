import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readConfiguration, readEnvironment } from '#config.ts';

import { problemsOf } from './support.ts';

const socket = { SLACK_BOT_TOKEN: 'xoxb-1-2-abc', SLACK_APP_TOKEN: 'xapp-1-A1-2-abc' };
const secret = '0123456789abcdef0123456789abcdef';
const http = { SLACK_BOT_TOKEN: 'xoxb-1-2-abc', SLACK_SIGNING_SECRET: secret };

describe('reading the environment', () => {
  test('two Slack tokens are enough; everything else has a default', () => {
    expect(readEnvironment(socket)).toEqual({
      slack: {
        botToken: 'xoxb-1-2-abc',
        apiUrl: undefined,
        connection: { kind: 'socket', appToken: 'xapp-1-A1-2-abc' },
      },
      awsRegion: undefined,
      awsEndpoint: undefined,
      store: { kind: 'embedded', directory: './data' },
      port: 3_000,
      host: '127.0.0.1',
      logLevel: 'info',
      commandPrefix: '',
      configPath: './deckhand.yml',
    });
  });

  test('a signing secret means HTTP mode', () => {
    expect(readEnvironment(http).slack.connection).toEqual({ kind: 'http', signingSecret: secret });
  });

  test('every value is taken over, without the blanks around it', () => {
    const environment = readEnvironment({
      ...socket,
      SLACK_API_URL: ' https://slack-gov.com/api ',
      AWS_REGION: 'us-gov-west-1\r',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1/all',
      AWS_ENDPOINT_URL_EC2: 'http://127.0.0.1:1/ec2',
      DATABASE_URL: 'postgres://deckhand:p%40ss@db:5432/deckhand',
      PORT: '0',
      HOST: '0.0.0.0',
      LOG_LEVEL: 'debug',
      COMMAND_PREFIX: 'ops-',
      DECKHAND_CONFIG: '/etc/deckhand.yml',
    });

    expect(environment).toMatchObject({
      slack: { apiUrl: 'https://slack-gov.com/api/' },
      awsRegion: 'us-gov-west-1',
      awsEndpoint: 'http://127.0.0.1:1/ec2',
      store: { kind: 'postgres', url: 'postgres://deckhand:p%40ss@db:5432/deckhand' },
      port: 0,
      host: '0.0.0.0',
      logLevel: 'debug',
      commandPrefix: 'ops-',
      configPath: '/etc/deckhand.yml',
    });
  });

  test('an empty environment names both tokens and where to get them', () => {
    const problems = problemsOf(() => readEnvironment({ SLACK_BOT_TOKEN: ' ' }));

    expect(problems).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN is missing\. -> .*OAuth & Permissions/),
      expect.stringMatching(/^SLACK_APP_TOKEN is missing\. -> .*App-Level Tokens.*SLACK_SIGNING_SECRET/),
    ]);
  });

  test('all that is wrong is told in one message', () => {
    const wrong = { SLACK_BOT_TOKEN: '', PORT: '99999', LOG_LEVEL: 'loud', COMMAND_PREFIX: '/ops', AWS_REGION: 'mars' };

    expect(() => readEnvironment(wrong)).toThrow(/^Deckhand cannot start: 6 settings are missing or wrong\./);
    expect(problemsOf(() => readEnvironment(wrong)).map((problem) => problem.split(' ')[0])).toEqual([
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      'AWS_REGION',
      'PORT',
      'LOG_LEVEL',
      'COMMAND_PREFIX',
    ]);
  });

  test.each([
    [
      'tokens in each other’s place',
      { SLACK_BOT_TOKEN: 'xapp-1-A-2', SLACK_APP_TOKEN: 'xoxb-1' },
      [/belongs in SLACK_APP_TOKEN/, /belongs in SLACK_BOT_TOKEN/],
    ],
    ['a user token', { ...socket, SLACK_BOT_TOKEN: 'xoxp-1-2' }, [/user token/]],
    ['a rotating token', { ...socket, SLACK_BOT_TOKEN: 'xoxe.xoxb-1-2' }, [/rotation/]],
    ['a token that is none', { ...socket, SLACK_APP_TOKEN: 'abc' }, [/does not start with xapp-/]],
    [
      'the text of the example',
      { SLACK_BOT_TOKEN: 'xoxb-your-bot-token', SLACK_APP_TOKEN: 'xapp-your-app-token' },
      [/text of the example/, /text of the example/],
    ],
    ['Socket Mode and HTTP mode at once', { ...socket, SLACK_SIGNING_SECRET: secret }, [/both set.*Remove the other/]],
    ['a token as signing secret', { ...http, SLACK_SIGNING_SECRET: 'xapp-1-2' }, [/not the signing secret/]],
    ['a short signing secret', { ...http, SLACK_SIGNING_SECRET: 'abc' }, [/32 characters/]],
    ['quotes that Docker hands on', { ...socket, SLACK_BOT_TOKEN: '"xoxb-1"' }, [/quotes around it/]],
    ['a misspelt name', { SLACK_BOT_TOKN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' }, [/SLACK_BOT_TOKN is set/]],
    ['plain http to another machine', { ...socket, SLACK_API_URL: 'http://slack.example/api/' }, [/plain http/]],
    ['an API address that is none', { ...socket, SLACK_API_URL: 'slack.com' }, [/no http or https address/]],
    ['an availability zone', { ...socket, AWS_REGION: 'us-east-1a' }, [/the Region is us-east-1\./]],
    ['half a key pair', { ...socket, AWS_ACCESS_KEY_ID: 'AKIA1' }, [/^AWS_SECRET_ACCESS_KEY is missing/]],
    ['an endpoint that is none', { ...socket, AWS_ENDPOINT_URL: 'localhost:4566' }, [/no http or https address/]],
    ['another database', { ...socket, DATABASE_URL: 'mysql://a/b' }, [/only Postgres/]],
    ['a password with a slash', { ...socket, DATABASE_URL: 'postgres://u:a/b#c@db:5432/x' }, [/percent-encoded/]],
    ['a database without a name', { ...socket, DATABASE_URL: 'postgres://u:p@db' }, [/names no database/]],
    ['a host that is none', { ...socket, HOST: 'http://0.0.0.0' }, [/no address to listen on/]],
  ])('refused: %s', (_what, env, expected) => {
    expect(problemsOf(() => readEnvironment(env))).toEqual(expected.map((text) => expect.stringMatching(text)));
  });

  test('no secret is repeated in the message', () => {
    const values = {
      SLACK_BOT_TOKEN: 'xapp-1-hunter2',
      SLACK_SIGNING_SECRET: 'hunter2',
      DATABASE_URL: 'mysql://u:hunter2@db/x',
      AWS_SECRET_ACCESS_KEY: 'hunter2',
      AWS_ENDPOINT_URL: 'ftp://u:hunter2@host',
    };

    expect(problemsOf(() => readEnvironment(values))).toHaveLength(5);
    expect(problemsOf(() => readEnvironment(values)).join('\n')).not.toContain('hunter2');
  });
});

describe('reading the whole configuration', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'deckhand-config-'));
    file = join(directory, 'deckhand.yml');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  test('variables and the file are told in one message', () => {
    writeFileSync(file, 'limits: { resources: 0 }\nrole: {}\n');

    const problems = problemsOf(() => readConfiguration({ DECKHAND_CONFIG: file, AWS_DEFAULT_REGION: 'eu-west-1' }));

    expect(problems).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN is missing/),
      expect.stringMatching(/^SLACK_APP_TOKEN is missing/),
      expect.stringContaining(`${file}:1 limits.resources 0 cannot be used here.`),
      expect.stringContaining(`${file}:2 role is not a setting.`),
      expect.stringMatching(/^AWS_REGION is missing \(AWS_DEFAULT_REGION is set/),
    ]);
  });

  test('a missing file is told with what to write', () => {
    const problems = problemsOf(() => readConfiguration({ ...socket, AWS_REGION: 'eu-west-1', DECKHAND_CONFIG: file }));

    expect(problems).toEqual([expect.stringMatching(/is missing\. -> Write it, .*docs\/install\.md/)]);
  });

  test.each([
    ['AWS_REGION', { AWS_REGION: 'eu-west-1' }, '{}'],
    ['a profile', { AWS_PROFILE: 'ops' }, '{}'],
    ['the file', {}, 'aws: { region: eu-west-1 }'],
  ])('the Region may come from %s', (_from, env, text) => {
    writeFileSync(file, text);

    expect(readConfiguration({ ...socket, ...env, DECKHAND_CONFIG: file }).configPath).toBe(file);
  });
});
