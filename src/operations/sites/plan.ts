import { Refusal } from '#errors.ts';
import { distance } from '#lib/targets.ts';
import type { Asking } from '#operations/contract.ts';
import type { ManagedSite, ReadSite, SiteDesk, SiteFault, SiteFields } from '#ports/managed-sites.ts';

/** What becomes of the definition of one site; null = there is none. */
export type SitePlan = {
  name: string;
  before: SiteFields | null;
  after: SiteFields | null;
  now: number;
  /** What is to be known before somebody confirms it. */
  remarks?: readonly string[];
};

/** The site of this name, whoever manages it. Throws Refusal "not-found" with what may have been meant. */
export function oneOf(all: readonly ManagedSite[], name: string): ManagedSite {
  const found = all.find((site) => site.name === name);
  if (found !== undefined) return found;
  const close = all.map((site) => site.name).filter((other) => distance(other, name) <= 2);
  const hint =
    close.length > 0
      ? ` Did you mean ${close
          .slice(0, 3)
          .map((one) => `\`${one}\``)
          .join(', ')}?`
      : '';
  throw new Refusal('not-found', `There is no site \`${name}\`.${hint} See \`/deck sites\`.`);
}

/** The one of the chat, to be changed. Throws Refusal when deckhand.yml has it, which nobody changes from here. */
export function changeable(all: readonly ManagedSite[], name: string, desk: Pick<SiteDesk, 'whereIs'>): ManagedSite {
  const ours = all.find((site) => site.name === name && site.from !== 'file');
  if (ours !== undefined) return ours;
  oneOf(all, name);
  throw new Refusal('unsuitable', ofTheFile(name, desk));
}

export function ofTheFile(name: string, desk: Pick<SiteDesk, 'whereIs'>): string {
  return `\`${name}\` is managed in \`${desk.whereIs(name) ?? 'deckhand.yml'}\`, so it is changed there; a saved file is applied within seconds. From here you can pause, silence and test it.`;
}

/** What people typed, checked with everything around it. Throws one Refusal "bad-input" with all faults. */
export function readOrRefuse(
  asking: Asking,
  all: readonly ManagedSite[],
  of: Parameters<typeof faultsIn>[1],
): ReadSite & { ok: true } {
  const read = asking.desk.readTyped(of.typed, of.before);
  const hasChannel = asking.settings.channels.alerts !== undefined;
  const faults = faultsIn(all, of, { read, hasChannel, refuses: asking.desk.refuses });
  if (faults.length === 0 && read.ok) return read;
  throw new Refusal('bad-input', faults.map(({ field, message }) => `\`${field}\`: ${message}`).join(' '));
}

/** What is wrong with a site, by itself and beside the others. Pure. */
export function faultsIn(
  all: readonly ManagedSite[],
  of: { name: string; typed: Readonly<Record<string, string>>; before: SiteFields },
  { read, refuses, hasChannel = true }: { read: ReadSite; refuses: SiteDesk['refuses']; hasChannel?: boolean },
): readonly SiteFault[] {
  if (!read.ok) return read.faults;
  const { parent, channel, url } = read.site;
  const refused = 'url' in of.typed ? refuses(url) : undefined;
  const lost = parent !== undefined && !all.some(({ name }) => name === parent);
  const circle = parent !== undefined && leadsTo(all, parent, of.name);
  return [
    ...(refused === undefined
      ? []
      : [{ field: 'url', message: `Expected an address that a check may go to: ${refused}.` }]),
    ...(lost ? [{ field: 'parent', message: 'Expected the name of another site. See `/deck sites`.' }] : []),
    ...(circle ? [{ field: 'parent', message: 'Expected a parent that does not lead back to the site itself.' }] : []),
    ...(hasChannel || channel !== undefined
      ? []
      : [{ field: 'channel', message: 'Expected a channel id: `channels.alerts` is not set in deckhand.yml.' }]),
  ];
}

function leadsTo(all: readonly ManagedSite[], from: string, name: string): boolean {
  const parents = new Map(all.map((one) => [one.name, one.site?.parent]));
  let at: string | undefined = from;
  for (let steps = 0; at !== undefined && steps <= all.length; steps++) {
    if (at === name) return true;
    at = parents.get(at);
  }
  return false;
}

/** What is no longer as planned. Pure. */
export function differences(plan: SitePlan, all: readonly ManagedSite[]): readonly string[] {
  const here = all.find((site) => site.name === plan.name && site.from !== 'file');
  const same = JSON.stringify(here?.fields ?? null) === JSON.stringify(plan.before);
  if (!same) return [`The site ${plan.name} was changed meanwhile. Ask again to see how it is now.`];
  if (plan.after !== null && all.some((site) => site.name === plan.name && site.from === 'file'))
    return [`The site ${plan.name} stands in deckhand.yml by now, which counts.`];
  return [];
}
