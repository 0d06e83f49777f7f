import type { z } from 'zod';

import { distance } from '#lib/targets.ts';
import type { Settings } from '#ports/settings.ts';

import { fieldsAt } from './json-schema.ts';
import { howMany, type Problem, refuseAll } from './problems.ts';
import { readYaml } from './read-yaml.ts';
import { referenceFaults } from './references.ts';
import { SettingsFile, toSettings } from './schema.ts';
import { agentFaults, tokensOf } from './vantage-schema.ts';

/** Larger files are refused unread: 10,000 sites take about 2 MB. */
const largestFile = 4_000_000;

/**
 * The settings in the text of a deckhand.yml. Throws one Refusal "bad-input" that names every problem with `file`, line,
 * field, what was expected and the next move; `data.problems` holds them as data.
 * `env`: what `${env:NAME}` may name; left out, that is not checked. Pure.
 */
export function parseSettings(text: string, file: string, env?: Variables): Settings {
  const read = inspectSettings(text, file, env);
  if (read.settings === undefined) throw refuseAll(`${file} cannot be used: ${howMany(read.problems)}.`, read.problems);
  return read.settings;
}

type Variables = Readonly<Record<string, string | undefined>>;

export type ReadSettings =
  | { settings: Settings; problems: readonly [] }
  | { settings: undefined; problems: readonly Problem[] };

/** As `parseSettings`, with the problems as data. */
export function inspectSettings(text: string, file: string, env?: Variables): ReadSettings {
  if (text.length > largestFile)
    return wrong([
      {
        where: file,
        what: `holds more than ${largestFile} characters.`,
        next: 'Is this the right file? See deckhand.example.yml.',
      },
    ]);
  const yaml = readYaml(text);
  if (!yaml.ok)
    return wrong(yaml.errors.map((error) => ({ where: `${file}:${error.line}`, ...explainYaml(error.message) })));
  if (yaml.data === null)
    return wrong([
      { where: file, what: 'holds no settings.', next: 'Put in the few lines of docs/install.md to start with.' },
    ]);
  const checked = SettingsFile.safeParse(yaml.data);
  const faults = checked.success
    ? [
        ...referenceFaults(checked.data.sites, env, tokensOf(checked.data.vantage)),
        ...agentFaults(checked.data.vantage, env),
      ]
    : checked.error.issues.flatMap((issue) => explain(issue, yaml.data));
  if (checked.success && faults.length === 0) return { settings: toSettings(checked.data), problems: [] };
  const problems = faults.map(({ path, what, next }) => ({
    line: yaml.lineOf(path),
    problem: { where: `${file}:${yaml.lineOf(path)}${path.length === 0 ? '' : ` ${written(path)}`}`, what, next },
  }));
  return wrong(problems.toSorted((a, b) => a.line - b.line).map(({ problem }) => problem));
}

function wrong(problems: readonly Problem[]): ReadSettings {
  return { settings: undefined, problems };
}

type Fault = { path: readonly PropertyKey[]; what: string; next: string };
type Issue = z.core.$ZodIssue;

/** Zod's findings in our words. The schema's own messages already say what was expected. */
function explain(issue: Issue, data: unknown, above: readonly PropertyKey[] = []): Fault[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key));
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((branch) =>
      branch.some(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
    );
    if (meant !== undefined) return meant.flatMap((inner) => explain(inner, data, path));
  }
  const value = valueAt(data, path);
  return [
    {
      path,
      what:
        value === undefined
          ? 'is missing.'
          : `${path.at(-1) === 'token' ? 'what stands there' : shown(value)} cannot be used here.`,
      next: issue.message,
    },
  ];
}

function unknownField(path: readonly PropertyKey[], key: string): Fault {
  const known = fieldsAt(path);
  const meant =
    known.find((name) => plain(name) === plain(key)) ?? known.find((name) => distance(plain(name), plain(key)) <= 2);
  const next =
    meant === undefined
      ? `Remove it, or use one of: ${known.join(', ')}.`
      : `Did you mean \`${meant}\`? Known here: ${known.join(', ')}.`;
  return {
    path: [...path, key],
    what: path[0] === 'approvals' && path.length === 1 ? notAChange(key) : 'is not a setting.',
    next,
  };
}

function notAChange(key: string): string {
  return key === 'undo'
    ? 'cannot have a rule of its own: it follows the operation that it undoes.'
    : 'is no operation that changes something, so it takes no rule.';
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** `roles.operator.users[0]`. */
function written(path: readonly PropertyKey[]): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : `${at === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (here, step) =>
      typeof here === 'object' && here !== null ? (here as Record<PropertyKey, unknown>)[step] : undefined,
    data,
  );
}

/** Short, on one line, without credentials of an address. */
function shown(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/\/\/[^/@\s"]*@/g, '//…@');
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The parser's sentence, with the next move. */
function explainYaml(message: string): { what: string; next: string } {
  const what = `is not YAML: ${message.replaceAll(/\s+/g, ' ')}`;
  if (/unique/i.test(message)) return { what, next: 'The same name stands there twice: keep one.' };
  if (/tab/i.test(message)) return { what, next: 'Indent with spaces, not tabs.' };
  return { what, next: 'Check the indentation, and put quotes around text that holds : # { [ * & or !.' };
}
