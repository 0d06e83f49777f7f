import { z } from 'zod';

import type { DockerEngine } from '#ports/containers.ts';
import type { AutoRule, Mending, SiteRemedy } from '#ports/site-settings.ts';

import { approval, toRule } from './approval-schema.ts';
import { duration, flag, list, matching, name, named, region, section, text, whole } from './fields.ts';

/** What may mend a site, as people write it: Docker engines, scripts, and the remedies of each site. */

const file = text(1_000);
const engine = section({
  name: name('local').describe('Unique short name; remedies name it'),
  socket: matching(/^\/\S+$/, 'Expected the absolute path of a socket, such as /var/run/docker.sock.')
    .optional()
    .describe('A socket on the machine of Deckhand; instead of `url`'),
  url: matching(/^(tcp|https?):\/\/[^\s/@]+(\/\S*)?$/, 'Expected tcp://host:port, or an https address.')
    .optional()
    .describe('Where else it listens, such as `tcp://10.0.0.5:2376`'),
  ca: file.optional().describe('Path of the PEM file of who signed its certificate; with `cert` and `key`'),
  cert: file.optional().describe('Path of our certificate'),
  key: file.optional().describe('Path of the key of our certificate'),
}).superRefine((of, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if ((of.socket === undefined) === (of.url === undefined)) wrong('url', 'Expected either `socket` or `url`.');
  const tls = [of.ca, of.cert, of.key].filter((path) => path !== undefined).length;
  if (tls !== 0 && tls !== 3) wrong('ca', 'Expected `ca`, `cert` and `key` together, or none of them.');
});

const script = section({
  name: name('restart-shop').describe('Unique short name; remedies name it'),
  lines: list(text(2_000), 50)
    .min(1, { error: 'Expected at least one line.' })
    .describe('Lines of the shell (PowerShell on Windows), run as root by Systems Manager'),
  windows: flag().default(false).describe('Its servers run Windows'),
  timeout: duration('5s', '1h').prefault('2m').describe('Longest time that it may run'),
});

export const auto = section({
  after: duration('0ms', '1d').prefault('2m').describe('How long the incident must last first'),
  perIncident: whole(1, 3).default(1).describe('Tries of this remedy in one incident'),
  perDay: whole(1, 10).default(3).describe('Tries of this remedy in 24 hours'),
  coolDown: duration('1s', '1d').prefault('30m').describe('From any try on this site to the next'),
  approval: approval.default('confirm').describe('`none`: it runs at once. Else it is proposed, and waits for people'),
});

/** The gentlest first. */
const onServer = ['reboot', 'migrate', 'restore'] as const;

const remedy = section({
  container: matching(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
    'Expected the name of a container: letters, digits, dots, dashes and underscores.',
  )
    .optional()
    .describe('Restarts this container of the engine that `on` names'),
  on: name('local').optional().describe('Name of an engine under `docker`; with `container`'),
  ecs: section({
    cluster: text(255).describe('Its name or ARN'),
    service: matching(/^[A-Za-z0-9_-]{1,255}$/, 'Expected the name of an ECS service.').describe('Its name'),
    account: text(40).optional().describe('Name of an account under `aws.accounts`; unset = home'),
    region: region.optional().describe('Its Region; unset = the first of the account'),
  })
    .optional()
    .describe('Starts all tasks of this ECS service anew'),
  unit: matching(
    /^[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,199}$/,
    'Expected the name of a systemd unit, such as nginx or shop@2.service.',
  )
    .optional()
    .describe("Restarts this systemd unit on the site's `instance`, by Systems Manager"),
  script: name('restart-shop').optional().describe("Runs this one of `scripts` on the site's `instance`"),
  server: z
    .enum(onServer, { error: `Expected one of ${onServer.join(', ')}.` })
    .optional()
    .describe(
      "Reboots the site's `instance`, stops and starts it on another host (`migrate`), or restores its disks from the last good snapshots",
    ),
  within: duration('1s', '1d').prefault('3m').describe('The site must be up again by then, or it was no help'),
  auto: auto.optional().describe('What may be done without being asked; unset = only when a person presses or types'),
}).superRefine((of, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  const kinds = [of.container, of.ecs, of.unit, of.script, of.server].filter((kind) => kind !== undefined).length;
  if (kinds !== 1) wrong('container', 'Expected exactly one of `container`, `ecs`, `unit`, `script` and `server`.');
  if ((of.container === undefined) !== (of.on === undefined))
    wrong('on', 'Expected `on` with `container`, and only there.');
  if (of.server === 'restore' && of.auto !== undefined && !needsAnother(of.auto.approval))
    wrong('auto', 'Expected `approval: { approve: 1 }` in it: disks are never replaced without another person.');
});

/** Disks are never replaced or lost without another person. */
export function needsAnother(rule: z.output<typeof approval>): boolean {
  return typeof rule === 'object';
}

export const docker = named(engine, 100, 'Docker engine');
export const scripts = named(script, 200, 'script');
export const remedies = list(remedy, 10);

type Remedy = z.output<typeof remedy>;
export type RemedyTools = { docker: z.output<typeof docker>; scripts: z.output<typeof scripts> };
type SiteEntry = { remedies?: readonly Remedy[] | undefined; instance?: string | undefined };
type Fault = { path: (string | number)[]; message: string };

/** What only shows when the whole file is known: engines, scripts and accounts that do not exist, a server that is missing. */
export function remedyFaults(
  sites: readonly SiteEntry[],
  tools: RemedyTools,
  accounts: readonly string[],
): readonly Fault[] {
  return sites.flatMap(({ remedies: list = [], instance }, at) =>
    list.flatMap((of, nr): Fault[] => {
      const fault = (field: string, message: string): Fault => ({
        path: ['sites', at, 'remedies', nr, field],
        message,
      });
      const missing = (value: string | undefined, known: readonly { name: string }[]) =>
        value !== undefined && !known.some((one) => one.name === value);
      const account = of.ecs?.account;
      const serverKind = (['unit', 'script', 'server'] as const).find((kind) => of[kind] !== undefined);
      return [
        ...(missing(of.on, tools.docker) ? [fault('on', 'Expected the name of an engine under `docker`.')] : []),
        ...(missing(of.script, tools.scripts) ? [fault('script', 'Expected the name of a script of `scripts`.')] : []),
        ...(account !== undefined && !accounts.includes(account)
          ? [fault('ecs', 'Expected the name of an account under `aws.accounts`.')]
          : []),
        ...(serverKind !== undefined && instance === undefined
          ? [fault(serverKind, 'Expected an `instance` of the site beside it: it works on that server.')]
          : []),
        ...(list.findIndex((other) => keyOf(other) === keyOf(of)) < nr
          ? [fault(kindOf(of), 'Expected each remedy once; this one stands there already.')]
          : []),
      ];
    }),
  );
}

/** The gentlest first: containers before servers, whatever the order of the file. */
const gentlest = ['container', 'ecs', 'unit', 'script', 'server'] as const;

/** What the product reads, of checked remedies. */
export function toRemedies(list: readonly Remedy[] | undefined, tools: RemedyTools): readonly SiteRemedy[] | undefined {
  return list
    ?.toSorted((a, b) => harshness(a) - harshness(b))
    .map((of) => ({ key: keyOf(of), withinMs: of.within, auto: of.auto && toAuto(of.auto), ...toMending(of, tools) }));
}

function harshness(of: Remedy): number {
  return gentlest.indexOf(kindOf(of)) + (of.server === undefined ? 0 : onServer.indexOf(of.server));
}

function toMending(of: Remedy, { docker: engines, scripts: known }: RemedyTools): Mending {
  if (of.container !== undefined)
    return { kind: 'container', container: of.container, host: of.on ?? '', engine: toEngine(of.on, engines) };
  if (of.ecs !== undefined) {
    const { cluster, service } = of.ecs;
    const flags = (['account', 'region'] as const).flatMap((flag) =>
      of.ecs?.[flag] ? [`--${flag} ${of.ecs[flag]}`] : [],
    );
    return { kind: 'ecs', cluster, service, flags: flags.map((one) => ` ${one}`).join('') };
  }
  if (of.unit !== undefined)
    return { kind: 'script', windows: false, lines: [`systemctl restart ${of.unit}`], timeoutMs: 120_000 };
  if (of.script !== undefined) {
    const { windows = false, lines = [], timeout = 0 } = known.find((one) => one.name === of.script) ?? {};
    return { kind: 'script', windows, lines, timeoutMs: timeout };
  }
  const { server = 'reboot' } = of;
  return { kind: 'server', operation: server === 'reboot' ? 'restart' : server };
}

function toEngine(host: string | undefined, engines: RemedyTools['docker']): DockerEngine {
  const { socket, url = '', ca, cert, key } = engines.find((one) => one.name === host) ?? {};
  const tls = ca !== undefined && cert !== undefined && key !== undefined ? { tls: { ca, cert, key } } : {};
  return { address: socket === undefined ? url : `unix://${socket}`, ...tls };
}

export function toAuto(of: z.output<typeof auto>): AutoRule {
  const { after, perIncident, perDay, coolDown } = of;
  return { afterMs: after, perIncident, perDay, coolDownMs: coolDown, approval: toRule(of.approval) };
}

function kindOf(of: Remedy): (typeof gentlest)[number] {
  return gentlest.find((kind) => of[kind] !== undefined) ?? 'server';
}

/** As typed after `/deck fix SITE`. */
function keyOf(of: Remedy): string {
  const kind = kindOf(of);
  return `${kind}:${kind === 'ecs' ? (of.ecs?.service ?? '') : (of[kind] ?? '')}`;
}
