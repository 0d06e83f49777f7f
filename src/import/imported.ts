import type { SiteFields } from '#ports/managed-sites.ts';

/** A site as it will stand in deckhand.yml. `label`: what it was called there. */
export type ImportedSite = { label: string; fields: SiteFields & { name: string; url: string } };
/** `found`: how many there were; `left`: what could not be carried over, of what. */
export type Imported = { found: number; sites: ImportedSite[]; left: { of: string; what: string }[] };

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
