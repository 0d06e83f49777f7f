import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';

import { parseSettings, readEnvironment } from '#config.ts';
import { variables } from '#config/environment.ts';
import { everyField, settingsJsonSchema } from '#config/json-schema.ts';

import { problemsOf } from './support.ts';

const read = (path: string) => readFileSync(path, 'utf8');

describe('what is published about the settings', () => {
  test('deckhand.schema.json is the schema in use (npm run generate)', () => {
    expect(JSON.parse(read('deckhand.schema.json'))).toEqual(settingsJsonSchema());
  });

  test('every field says what it is for', () => {
    const silent = everyField().filter(
      ({ path, schema }) => schema.properties === undefined && (schema.description ?? '') === '' && path !== '',
    );

    expect(silent).toEqual([]);
  });

  test('deckhand.example.yml can be used as it is and mentions every setting', () => {
    const text = read('deckhand.example.yml');
    // Also what stands there switched off, as `# url: …`.
    const example: unknown = parseYaml(text.replaceAll(/^(\s*)# (\w+: \S)/gm, '$1$2'));

    expect(parseSettings(text, 'deckhand.example.yml').sites).toHaveLength(3);
    expect(
      everyField()
        .map(({ path }) => path)
        .filter((path) => !stands(example, path)),
    ).toEqual([]);
  });

  test.each(['README.md', 'docs/install.md'])('the deckhand.yml to start with in %s can be used', (path) => {
    const [, text = ''] = /```yaml\n( *channels:[^`]*)```/.exec(read(path)) ?? [];
    const { sites, roles } = parseSettings(text, path);

    expect([sites.length, roles.operator.users.length, roles.approver.users.length]).toEqual([1, 1, 1]);
  });

  test('the values of deckhand.example.yml are the defaults where it says so', () => {
    const example: unknown = parseYaml(read('deckhand.example.yml'));
    const plain = everyField().filter(
      ({ path, schema }) =>
        schema.default !== undefined &&
        schema.properties === undefined &&
        !/^(roles|approvals|digests?|retention\.rules|tags\.required|maintenance|freeze|remediation|docker|scripts|schedules|drills|sites|statusPage\.sites|vantage\.agents|aws\.accounts)\b/.test(
          path,
        ),
    );

    expect(plain.length).toBeGreaterThan(20);
    for (const { path, schema } of plain)
      expect({ [path]: valueAt(example, path) }).toEqual({ [path]: schema.default });
  });

  test('docs/configuration.md has a row for every setting, with its default', () => {
    const rows = new Map(
      [...read('docs/configuration.md').matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, path, value]) => [
        path,
        value,
      ]),
    );
    const leaves = everyField().filter(
      ({ schema }) => schema.properties === undefined && schema.items?.properties === undefined,
    );

    const told = leaves.map(({ path }) => [path, rows.get(path)]);
    const meant = leaves.map(({ path, schema }) => [
      path,
      schema.default === undefined ? 'none' : `\`${inYaml(schema.default)}\``,
    ]);
    expect(told).toEqual(meant);
  });

  test.each(['.env.example', 'docs/configuration.md'])('%s names every variable', (path) => {
    const text = read(path);

    expect(variables.filter((name) => !text.includes(name))).toEqual([]);
  });

  test('a .env.example that nobody filled in is noticed, with every line switched on', () => {
    const lines = [...read('.env.example').matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    const all = Object.fromEntries(lines) as Record<string, string>;
    const noticed = (env: Record<string, string>) =>
      problemsOf(() => readEnvironment(env))
        .filter((problem) => problem.includes('text of the example'))
        .map((problem) => problem.split(' ')[0]);

    expect(noticed({ ...all, SLACK_SIGNING_SECRET: '' })).toEqual([
      'AWS_ACCESS_KEY_ID,',
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      'DATABASE_URL',
    ]);
    expect(noticed({ ...all, SLACK_APP_TOKEN: '' })).toContain('SLACK_SIGNING_SECRET');
  });
});

function stands(example: unknown, path: string): boolean {
  return valueAt(example, path) !== undefined;
}

/** `sites[].name`: of the first site that has it. */
function valueAt(example: unknown, path: string): unknown {
  const found = path
    .split('.')
    .reduce<readonly unknown[]>(
      (here, part) =>
        here
          .map((one) => (one as Record<string, unknown> | undefined)?.[part.replace('[]', '')])
          .flatMap((one) => (part.endsWith('[]') ? (one as readonly unknown[]) : [one])),
      [example],
    );
  return found.find((one) => one !== undefined);
}

/** A default as the page writes it: `60s`, `[21, 7, 1]`, `{}`. */
function inYaml(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value).replaceAll(',', ', ').replaceAll('"', '');
}
