import { parseArgs } from 'node:util';

import { Refusal } from '#errors.ts';
import { exitWith } from '#exit.ts';

import { forMachines, forPeople } from './figure.ts';
import { fleet } from './fleet.ts';
import type { Group, Rivals } from './group.ts';
import { health } from './health.ts';
import { sites } from './sites.ts';

/** Every group; a line for each. */
const groups: Readonly<Record<string, Group>> = { fleet, health, sites };

const usage = `Usage: npm run bench -- ${Object.keys(groups).join('|')} [--only FIGURE] [--speed N] [--json] [--gatus FILE] [--kuma FOLDER]`;

/** Measures the figures of a group, each from nothing, and prints a line for each as soon as it is known. */
async function main(): Promise<void> {
  const { name, only, speed, json, rivals } = readArguments(process.argv.slice(2));
  const group = groups[name]!;
  const benches = group.benches.filter((bench) => only === undefined || bench.name === only);
  if (benches.length === 0)
    throw new Refusal(
      'bad-input',
      `There is no figure ${only} in ${name}. It has ${group.benches.map((bench) => bench.name).join(', ')}.\n${usage}`,
    );
  const tally = { calls: 0, throttled: 0 };
  const print = json ? forMachines : forPeople;
  for (const bench of benches)
    for (const figure of await bench.run({ speed: speed ?? bench.speed ?? 5, tally, rivals }))
      process.stdout.write(`${print(figure)}\n`);
  for (const figure of group.after?.(tally) ?? []) process.stdout.write(`${print(figure)}\n`);
}

type Arguments = { name: string; only?: string; speed?: number; json: boolean; rivals: Rivals };

function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parse(args);
  const [name, ...more] = positionals;
  if (name === undefined || !Object.hasOwn(groups, name) || more.length > 0)
    throw new Refusal('bad-input', `Name one group.\n${usage}`);
  const speed = values.speed === undefined ? undefined : Number(values.speed);
  if (speed !== undefined && !(speed >= 1 && speed <= 1_000))
    throw new Refusal('bad-input', `--speed takes a number from 1 to 1000, not "${values.speed}".\n${usage}`);
  return {
    name,
    ...(values.only === undefined ? {} : { only: values.only }),
    ...(speed === undefined ? {} : { speed }),
    json: values.json ?? false,
    rivals: { gatus: values.gatus, kuma: values.kuma },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        only: { type: 'string' },
        speed: { type: 'string' },
        gatus: { type: 'string' },
        kuma: { type: 'string' },
      },
    });
  } catch (error) {
    throw new Refusal('bad-input', `${(error as Error).message}\n${usage}`, {}, { cause: error });
  }
}

main().catch(exitWith);
