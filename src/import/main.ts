import { readFileSync } from 'node:fs';

import { stringify } from 'yaml';

import { readSite } from '#config/read-site.ts';
import { sitesDefaults } from '#config/sites-schema.ts';
import { Refusal } from '#errors.ts';
import { exitWith } from '#exit.ts';
import type { SiteFields } from '#ports/managed-sites.ts';

import { importGatus } from './gatus.ts';
import { contentType, type Imported, NotThat } from './imported.ts';
import { importKuma } from './kuma.ts';

const usage =
  'Usage: npm run -s import -- kuma backup.json > sites.yml, or npm run -s import -- gatus config.yaml > sites.yml\n';

/** The `sites:` of deckhand.yml, each checked by its schema, and what could not be carried over. Pure. */
export function carryOver(from: 'kuma' | 'gatus', text: string): { yaml: string; report: readonly string[] } {
  const { found, sites, left }: Imported = from === 'kuma' ? importKuma(text) : importGatus(text);
  const defaults = sitesDefaults.parse({});
  const good = sites.filter(({ fields }) => {
    const read = readSite(withoutType(fields), defaults);
    if (!read.ok)
      for (const { field, message } of read.faults)
        left.push({ of: fields.name, what: `not carried over: ${field}: ${message}` });
    return read.ok;
  });
  return {
    yaml: stringify({ sites: good.map(({ fields }) => fields) }),
    report: [`${good.length} of ${found} sites carried over.`, ...lines(left)],
  };
}

/** The one header that is written with its value, which a site of a chat may not do. */
function withoutType(fields: SiteFields): SiteFields {
  const { headers, ...more } = fields;
  if (typeof headers !== 'object' || headers === null) return fields;
  return { ...more, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== contentType)) };
}

/** What is lost of many is one line. */
function lines(left: Imported['left']): string[] {
  const by = Map.groupBy(left, ({ what }) => what);
  return [...by].map(([what, all]) => {
    const names = [...new Set(all.map(({ of }) => of))];
    const shown = names.slice(0, 10).join(', ');
    return `- ${names.length > 10 ? `${shown} and ${names.length - 10} more` : shown}: ${what}`;
  });
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
    if (!(error instanceof NotThat)) throw error;
    const what =
      from === 'kuma' ? 'a backup of Uptime Kuma (Settings > Backup > Export)' : 'a config of Gatus with `endpoints:`';
    throw new Refusal('bad-input', `${path} is not ${what}: ${error.message}. ${usage}`);
  }
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    exitWith(error);
  }
}
