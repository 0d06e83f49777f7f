import { readFileSync, writeFileSync } from 'node:fs';

import { settingsJsonSchema } from '#config/json-schema.ts';
import type { Operation } from '#operations/contract.ts';
import { operations } from '#operations/index.ts';
import { type CommandInfo, manifestYaml } from '#slack/manifest.ts';

/** The slash commands of the manifest: one for each operation that has its own. */
export function slashCommands(list: readonly Operation[]): CommandInfo[] {
  return list.flatMap(({ command, summary, usage }) =>
    command === undefined
      ? []
      : [
          {
            command,
            description: command === 'deck' ? 'Deckhand: help, runs, audit, sites, restart, undo' : summary,
            usageHint: command === 'deck' ? 'help | runs | audit | sites | restart <server> | undo <run>' : usage,
          },
        ],
  );
}

/** Everything that is made from the list of operations: path → content. `read` gives the present text of a file. */
export function generated(read: (path: string) => string): ReadonlyMap<string, string> {
  const commands = slashCommands(operations);
  return new Map([
    ['manifest.yml', manifestYaml({ mode: 'socket', prefix: '', commands })],
    [
      'manifest.http.yml',
      manifestYaml({ mode: 'http', baseUrl: 'https://deckhand.example.com', prefix: '', commands }),
    ],
    ['docs/iam-policy.json', `${JSON.stringify(iamPolicy(operations), undefined, 2)}\n`],
    ['deckhand.schema.json', `${JSON.stringify(settingsJsonSchema(), undefined, 2)}\n`],
    ['README.md', between(read('README.md'), table(operations))],
    ['docs/operations.md', between(read('docs/operations.md'), reference(operations))],
  ]);
}

/** Actions whose name says that they change nothing. */
const reading = /^[a-z0-9-]+:(?:Describe|Get|List)/;

/**
 * The least an IAM role needs: all actions of all operations, reads apart from changes. What lies in buckets is nobody's
 * business as a whole, so the bucket is to be filled in.
 */
export function iamPolicy(list: readonly Pick<Operation, 'iam'>[]) {
  const actions = [...new Set(list.flatMap(({ iam }) => iam))].toSorted();
  const inBuckets = actions.filter((action) => action.startsWith('s3:'));
  const reads = actions.filter((action) => reading.test(action) && !inBuckets.includes(action));
  const changes = actions.filter((action) => !reads.includes(action) && !inBuckets.includes(action));
  const statement = (sid: string, action: readonly string[], resource: string) =>
    action.length === 0 ? [] : [{ Sid: sid, Effect: 'Allow', Action: action, Resource: resource }];
  return {
    Version: '2012-10-17',
    Statement: [
      ...statement('DeckhandReads', reads, '*'),
      ...statement('DeckhandChanges', changes, '*'),
      ...statement('DeckhandBuckets', inBuckets, 'arn:aws:s3:::YOUR-STATE-BUCKET/*'),
    ],
  };
}

function table(list: readonly Operation[]): string {
  const rows = list.map(
    (operation) =>
      `| \`${typed(operation, operation.usage)}\` | ${operation.summary} | ${operation.role} | ${approvalOf(operation)} |`,
  );
  return ['| type | what it does | role | before it runs |', '|---|---|---|---|', ...rows].join('\n');
}

function reference(list: readonly Operation[]): string {
  return list
    .map((operation) =>
      [
        `## ${operation.name}`,
        '',
        `${operation.summary}.`,
        '',
        '```',
        typed(operation, operation.usage),
        ...operation.examples.filter((example) => example !== '').map((example) => typed(operation, example)),
        '```',
        '',
        `Role: ${operation.role}. Before it runs: ${approvalOf(operation)}. AWS actions: ${operation.iam.length === 0 ? 'none' : operation.iam.map((action) => `\`${action}\``).join(', ')}.`,
      ].join('\n'),
    )
    .join('\n\n');
}

function typed({ name, command }: Operation, rest: string): string {
  const start = command === undefined || command === 'deck' ? `/deck ${name.replace('-', ' ')}` : `/${command}`;
  return `${start} ${rest}`.trim().replaceAll('|', '\\|');
}

function approvalOf(operation: Operation): string {
  if (operation.kind === 'answer') return 'nothing, it only looks';
  if (operation.kind === 'redirect') return 'as the operation it undoes';
  if (operation.kind === 'press') return 'nothing';
  const rule = operation.approval;
  if (rule.kind === 'none') return 'nothing';
  return rule.kind === 'confirm'
    ? 'you confirm the plan'
    : `${rule.count === 1 ? 'another person approves' : `${rule.count} other people approve`} the plan`;
}

const start = '<!-- operations:start -->';
const end = '<!-- operations:end -->';

function between(text: string, content: string): string {
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the markers ${start} and ${end} are missing`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

if (import.meta.main) {
  for (const [path, content] of generated((file) => readFileSync(file, 'utf8'))) writeFileSync(path, content);
}
