import type { SiteFields } from '#ports/managed-sites.ts';

/** A site as it will stand in deckhand.yml. `label`: what it was called there. */
export type ImportedSite = { label: string; fields: SiteFields & { name: string; url: string } };
/** `found`: how many there were; `left`: what could not be carried over, of what. */
export type Imported = { found: number; sites: ImportedSite[]; left: { of: string; what: string }[] };

/** The file is not what it was taken for; `message` says in words what is missing. */
export class NotThat extends Error {
  override readonly name = 'NotThat';
}

/** Names as deckhand.yml takes them, each once. */
export function freeNames(): (label: string) => string {
  const taken = new Set<string>();
  return (label) => {
    const base =
      label
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '-')
        .replaceAll(/^-+|-+$/g, '')
        .slice(0, 36)
        .replace(/-$/, '') || 'site';
    let name = base;
    for (let nr = 2; taken.has(name); nr++) name = `${base}-${nr}`;
    taken.add(name);
    return name;
  };
}

const redirects = [301, 302, 303, 307, 308];

/**
 * `statuses` for the codes of final answers that count as up there, as ranges; none where Deckhand means the same by itself.
 * `follows`: redirects are followed first.
 */
export function statusesOf(
  isUp: (code: number) => boolean,
  follows: boolean,
  lose: (what: string) => void,
): { statuses?: (number | string)[] } {
  const ranges: [number, number][] = [];
  for (let code = 100; code <= 599; code++) {
    const last = ranges.at(-1);
    if (!isUp(code)) continue;
    if (last?.[1] === code - 1) last[1] = code;
    else ranges.push([code, code]);
  }
  const statuses = ranges.map(([from, to]) => (from === to ? from : `${from}-${to}`));
  const text = statuses.join();
  if (statuses.length === 0 || (follows && (text === '200-299' || text === '200-399'))) return {};
  const some = redirects.filter(isUp);
  if (follows && some.length > 0 && some.length < redirects.length)
    lose(
      `its status ${some.join(', ')}: Deckhand does not follow such a redirect, it is up; take it out of \`statuses\``,
    );
  return { statuses };
}

/** What is set, but neither carried over nor of no meaning for a check; each said in words, with what to do instead. */
export function leftOver(
  given: Readonly<Record<string, unknown>>,
  { carried, moves, prefix = '' }: { carried: readonly string[]; moves: Moves; prefix?: string },
): string[] {
  return Object.entries(given).flatMap(([key, value]) => {
    if (carried.includes(key) || !isSet(value)) return [];
    const move = moves[key];
    if (move !== undefined) return move(value);
    return [`its \`${prefix}${key}\`: Deckhand has nothing like it; see whether you can do without`];
  });
}
/** By key: what to say of its value; nothing where it means nothing. */
export type Moves = Readonly<Record<string, (value: unknown) => string[]>>;

function isSet(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function variableOf(site: string, header: string): string {
  return `SITE_${site}_${header}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

/** Header values may be secrets: they are not written into a file, but named. `type`: of the body, where none is given. */
export function headersOf(
  { name, given, type }: { name: string; given: readonly string[]; type: string | undefined },
  lose: (what: string) => void,
): { headers?: Record<string, string> } {
  for (const key of given) lose(`the value of header ${key} is not written here: set ${variableOf(name, key)} in .env`);
  const hasType = given.some((key) => key.toLowerCase() === contentType);
  const headers = [
    ...given.map((key) => [key, `\${env:${variableOf(name, key)}}`] as const),
    ...(type === undefined || hasType ? [] : [[contentType, type] as const]),
  ];
  return headers.length === 0 ? {} : { headers: Object.fromEntries(headers) };
}
export const contentType = 'content-type';

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function scalar(text: string): string | number | boolean {
  const bare = text.replace(/^"(.*)"$/, '$1');
  if (bare === 'true' || bare === 'false') return bare === 'true';
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : bare;
}
