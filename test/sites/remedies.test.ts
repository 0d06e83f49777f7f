import { describe, expect, it } from 'vitest';

import type { Mending, SiteRemedy } from '#ports/site-settings.ts';
import { remedies } from '#sites/remedies.ts';
import type { Server } from '#sites/server.ts';
import type { Evidence } from '#sites/state.ts';

import { aSite } from './support.ts';

const by = (operation: (Mending & { kind: 'server' })['operation']): SiteRemedy => ({
  key: `server:${operation}`,
  withinMs: 1,
  auto: undefined,
  kind: 'server',
  operation,
});
const site = aSite({ remedies: [by('restart'), by('migrate'), by('restore')] });
const evidence: Evidence = { class: 'refused', detail: '', phases: {} as Evidence['phases'], at: 0 };
const server = (change: Partial<Server & { kind: 'found' }> = {}): Server => ({
  kind: 'found',
  id: 'i-00000001',
  name: 'web-1',
  state: 'running',
  autoScalingGroup: undefined,
  flags: ' --region us-west-2',
  ...change,
});

describe('remedies of a site by its server', () => {
  it('are a reboot, a stop and a start, and a restore, each for its place', () => {
    expect(remedies(site, evidence, server())).toMatchObject([
      { label: 'Restart web-1', operation: 'restart', rule: 'shop/server:restart' },
      { label: 'Stop and start web-1…', operation: 'migrate', line: 'i-00000001 --region us-west-2' },
      { label: 'Restore…', operation: 'restore', line: 'i-00000001 --region us-west-2 --from latest' },
    ]);
  });

  it.each<[string, Server, readonly string[]]>([
    ['never stop a member of a group', server({ autoScalingGroup: 'web' }), ['restart']],
    ['can only restore one that is stopped', server({ state: 'stopped' }), ['restore']],
    ['are none while nobody knows the server', { kind: 'unknown', named: 'web-1', why: '' }, []],
  ])('%s', (_what, of, expected) => {
    expect(remedies(site, evidence, of).map(({ operation }) => operation)).toEqual(expected);
  });
});
