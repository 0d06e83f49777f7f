import type { Ec2Dump, Workspace } from './shapes.ts';

/** One way to go on typing. `insert` replaces the text from `from` to its end. */
export type Completion = { insert: string; from: number; label: string; detail: string };

const most = 8;

/**
 * How a typed line could go on: while the command itself is typed, the app's slash commands; after it, the servers,
 * volumes, snapshots and flags that begin with, or hold, the last word.
 */
export function complete(
  line: string,
  commands: Workspace['commands'],
  ec2: Pick<Ec2Dump, 'instances' | 'volumes' | 'snapshots'> | undefined,
): readonly Completion[] {
  if (!line.startsWith('/')) return [];
  if (!/\s/.test(line)) return completeCommand(line, commands);
  const from = line.search(/\S*$/);
  const word = line.slice(from).toLowerCase();
  if (word === '') return [];
  const candidates = [...flagsOf(commandOf(line, commands)?.usage_hint), ...thingsOf(ec2)];
  return ranked(candidates, word)
    .slice(0, most)
    .map(({ word: insert, detail }) => ({ insert: `${insert} `, from, label: insert, detail }));
}

/** The command a line begins with, when the app has it. */
export function commandOf(line: string, commands: Workspace['commands']): Workspace['commands'][number] | undefined {
  const name = /^\S+/.exec(line)?.[0];
  return commands.find(({ command }) => command === name);
}

function completeCommand(line: string, commands: Workspace['commands']): readonly Completion[] {
  const known = commands.map((one) => ({ word: one.command, ...one }));
  return ranked(known, line.toLowerCase(), 1).map(({ command, description, usage_hint }) => ({
    insert: `${command} `,
    from: 0,
    label: usage_hint === undefined || usage_hint === '' ? command : `${command} ${usage_hint}`,
    detail: description,
  }));
}

type Candidate = { word: string; detail: string };

function thingsOf(ec2: Parameters<typeof complete>[2]): Candidate[] {
  if (ec2 === undefined) return [];
  return [
    ...ec2.instances
      .filter(({ name }) => name !== undefined && name !== '')
      .map(({ id, name, state }) => ({ word: name ?? '', detail: `${id} · ${state}` })),
    ...ec2.instances.map(({ id, name, state }) => ({ word: id, detail: `${name ?? 'server'} · ${state}` })),
    ...ec2.volumes.map(({ id, tags, state, sizeGiB }) => ({
      word: id,
      detail: [tags?.['Name'], 'volume', sizeGiB === undefined ? undefined : `${sizeGiB} GiB`, state]
        .filter(Boolean)
        .join(' · '),
    })),
    ...ec2.snapshots.map(({ id, volumeId, state }) => ({ word: id, detail: `snapshot of ${volumeId} · ${state}` })),
  ];
}

function flagsOf(usage: string | undefined): Candidate[] {
  return [...new Set(usage?.match(/--[a-z][a-z-]*/g))].map((word) => ({ word, detail: 'option' }));
}

/** Those that begin with the typed text, then those that hold it from `least` characters on; an exact match is no help. */
function ranked<T extends { word: string }>(candidates: readonly T[], typed: string, least = 2): readonly T[] {
  const begins = candidates.filter(({ word }) => word.toLowerCase().startsWith(typed) && word.toLowerCase() !== typed);
  const inner = typed.replace(/^\//, '');
  const holds = candidates.filter(
    ({ word }) =>
      !begins.some((one) => one.word === word) &&
      inner.length >= least &&
      word.toLowerCase().includes(inner) &&
      word.toLowerCase() !== typed,
  );
  return [...begins, ...holds];
}
