import { readFileSync } from 'node:fs';

import { stringify } from 'yaml';

import { readSite } from '#config/read-site.ts';
import { sitesDefaults } from '#config/sites-schema.ts';
import { isRefusal, Refusal } from '#errors.ts';
import { exitWith } from '#exit.ts';

import { importGatus } from './gatus.ts';
import type { Imported } from './imported.ts';
import { importKuma } from './kuma.ts';

const usage =
  'Usage: npm run -s import -- kuma backup.json > sites.yml, or npm run -s import -- gatus config.yaml > sites.yml\n';

/** The `sites:` of deckhand.yml, each checked by its schema, and what could not be carried over. Pure. */
export function carryOver(from: 'kuma' | 'gatus', text: string): { yaml: string; report: readonly string[] } {
  const { found, sites, left }: Imported = from === 'kuma' ? importKuma(text) : importGatus(text);
  const defaults = sitesDefaults.parse({});
  const good = sites.filter(({ fields }) => {
    const read = readSite(fields, defaults);
    if (!read.ok)
      for (const { field, message } of read.faults)
        left.push({ of: fields.name, what: `not carried over: ${field}: ${message}` });
    return read.ok;
  });
  return {
    yaml: stringify({ sites: good.map(({ fields }) => fields) }),
    report: [`${good.length} of ${found} sites carried over.`, ...left.map(({ of, what }) => `- ${of}: ${what}`)],
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Refusal('bad-input', `${path} cannot be read (${(error as NodeJS.ErrnoException).code}). ${usage}`);
  }
}

function main([from, path, ...more]: readonly string[]): void {
  if ((from !== 'kuma' && from !== 'gatus') || path === undefined || more.length > 0)
    throw new Refusal('bad-input', usage);
  try {
    const { yaml, report } = carryOver(from, read(path));
    process.stdout.write(yaml);
    process.stderr.write(
      `${report.join('\n')}\nPut the file's \`sites:\` into deckhand.yml; a saved file is applied within seconds.\n`,
    );
  } catch (error) {
    if (isRefusal(error)) throw error;
    const what =
      from === 'kuma' ? 'a backup of Uptime Kuma (Settings > Backup > Export)' : 'a config of Gatus with `endpoints:`';
    throw new Refusal('bad-input', `${path} is not ${what}: ${(error as Error).message.slice(0, 300)}. ${usage}`);
  }
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    exitWith(error);
  }
}
