import { Refusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Mending, Site, SiteRemedy } from '#ports/site-settings.ts';

export type FixArgs = { site: string; remedy: string };

/** What `fix` itself does; reboot and restore of a server are operations of their own. */
export type Act = Exclude<Mending, { kind: 'server' }>;
export type FixPlan = {
  site: string;
  remedy: string;
  act: Act;
  /** Where a script runs. */
  server: { id: InstanceId; name: string } | null;
  withinMs: number;
};

/** `said`: what a script or a deployment said of itself, when that was not well. */
export type FixResult = { helped: boolean; said: string | null };

/** The remedy that was asked for, as deckhand.yml has it. Throws Refusal with what there is instead. */
export function choose(
  sites: readonly Site[],
  { site: name, remedy: key }: FixArgs,
): { site: Site; remedy: FixRemedy } {
  const site = sites.find((one) => one.name === name);
  if (site === undefined)
    throw new Refusal('not-found', `No site is called \`${name}\`. See \`/deck sites\` for those that are watched.`);
  const known = (site.remedies ?? []).filter(isOurs);
  if (known.length === 0)
    throw new Refusal(
      'unsuitable',
      `${name} has no remedy of this kind. ${site.instance === undefined ? 'Name its server (`instance`), or add' : `For its server: \`/deck restart ${site.instance}\`. Or add`} one under \`remedies\` of the site in deckhand.yml.`,
    );
  const remedy = key === '' && known.length === 1 ? known[0] : known.find((one) => one.key === key);
  if (remedy === undefined)
    throw new Refusal(
      'bad-input',
      `Name one of the remedies of ${name}: ${some(
        known.map((one) => `\`${one.key}\``),
        10,
      )}. For example: \`/deck fix ${name} ${known[0]!.key}\`.`,
    );
  return { site, remedy };
}

export type FixRemedy = SiteRemedy & Act;

function isOurs(remedy: SiteRemedy): remedy is FixRemedy {
  return remedy.kind !== 'server';
}

export function actOf(remedy: FixRemedy): Act {
  switch (remedy.kind) {
    case 'container':
      return { kind: 'container', host: remedy.host, engine: remedy.engine, container: remedy.container };
    case 'ecs':
      return { kind: 'ecs', cluster: remedy.cluster, service: remedy.service, flags: remedy.flags };
    case 'script':
      return { kind: 'script', windows: remedy.windows, lines: remedy.lines, timeoutMs: remedy.timeoutMs };
  }
}

/** What it works on; two runs never hold the same. */
export function resourcesOf({ act, server, site }: FixPlan): readonly string[] {
  const what =
    act.kind === 'container'
      ? [`container:${act.host}/${act.container}`]
      : act.kind === 'ecs'
        ? [`ecs:${act.cluster}/${act.service}${act.flags}`]
        : server === null
          ? []
          : [server.id];
  return [`site:${site}`, ...what];
}
