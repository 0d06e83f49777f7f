import type { Remedy } from '#ports/incidents.ts';
import type { Mending, Site, SiteRemedy } from '#ports/site-settings.ts';

import { fitsRestart } from './causes.ts';
import type { Server } from './server.ts';
import type { Evidence } from './state.ts';

/** What a card has room for. */
const most = 3;

/** Only what fits: a restart cures no DNS, no certificate, no wrong address. The gentlest first. Pure. */
export function remedies(site: Site, evidence: Evidence, server: Server): readonly Remedy[] {
  if (!fitsRestart(evidence)) return [];
  const kinds = site.remedies ?? serverRemedies;
  const all = kinds.flatMap((remedy) => offer(site, remedy, server));
  return all
    .slice(0, most)
    .map((one, at) => (at === 0 && one.style === undefined ? { ...one, style: 'primary' } : one));
}

const usual = { withinMs: 0, auto: undefined, kind: 'server' } as const;
const serverRemedies: readonly SiteRemedy[] = [
  { ...usual, key: 'server:reboot', operation: 'restart' },
  { ...usual, key: 'server:restore', operation: 'restore' },
];

function offer(site: Site, remedy: SiteRemedy, server: Server): readonly Remedy[] {
  const rule = `${site.name}/${remedy.key}`;
  const fix = (label: string, flags: string): Remedy => ({
    label: clip(label),
    operation: 'fix',
    line: `${site.name} ${remedy.key}${flags}`,
    rule,
  });
  switch (remedy.kind) {
    case 'container':
      return [fix(`Restart container ${remedy.container}`, '')];
    case 'ecs':
      return [fix(`Redeploy ${remedy.service}`, remedy.flags)];
    case 'script':
      return server.kind === 'found' && server.state === 'running'
        ? [fix(remedy.key.replace('unit:', 'Restart unit ').replace('script:', 'Run '), server.flags)]
        : [];
    case 'server':
      return server.kind === 'found' ? onServer(remedy.operation, server, rule) : [];
  }
}

function onServer(
  operation: (Mending & { kind: 'server' })['operation'],
  server: Server & { kind: 'found' },
  rule: string,
): readonly Remedy[] {
  const { id, flags, state, autoScalingGroup } = server;
  const called = server.name === '' ? id : server.name;
  if (operation === 'restart')
    return state === 'running' ? [{ label: clip(`Restart ${called}`), operation, line: `${id}${flags}`, rule }] : [];
  // A member of a group is replaced by it as soon as it stops.
  if (autoScalingGroup !== undefined || !['running', 'stopped'].includes(state)) return [];
  if (operation === 'migrate')
    return state === 'running'
      ? [{ label: clip(`Stop and start ${called}…`), operation, line: `${id}${flags}`, rule }]
      : [];
  return [{ label: 'Restore…', operation, line: `${id}${flags} --from latest`, style: 'danger', rule }];
}

function clip(text: string): string {
  return text.length <= 48 ? text : `${text.slice(0, 47)}…`;
}
