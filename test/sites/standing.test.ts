import { describe, expect, it } from 'vitest';

import { type Known, objection, whyNotMend } from '#sites/standing.ts';
import { newState } from '#sites/state.ts';

import { aSite } from './support.ts';

const site = aSite();
const phases = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, downloadMs: 0, totalMs: 1 };
const view = (state: string): Known['view'] => ({ name: site.name, url: site.url, state, since: 0, lastMs: 1 });
const down = (kind: 'refused' | 'dns' | 'cert' | 'status' | 'monitor', status?: number): Known => ({
  view: view('down'),
  state: { ...newState(), phase: 'down', cause: { class: kind, detail: '', status, phases, at: 0 } },
});

describe('whether a site may be mended', () => {
  it.each<[string, Known, RegExp]>([
    ['it is down', down('refused'), /^may$/],
    ['it answers with an error of its own', down('status', 503), /^may$/],
    ['its name cannot be resolved', down('dns'), /no restart cures/],
    ['its certificate is wrong', down('cert'), /no restart cures/],
    ['it answers 404', down('status', 404), /no restart cures/],
    ['the fault is ours', down('monitor'), /no restart cures/],
    ['it is up', { ...down('refused'), view: view('up') }, /is up, not down/],
    ['it answers again', { ...down('refused'), view: view('recovering') }, /is recovering, not down/],
    ['it is in maintenance', { ...down('refused'), view: view('maintenance') }, /in maintenance/],
    ['nobody sees', { ...down('refused'), view: view('blind') }, /sees nothing/],
    ['nothing is known', { view: undefined, state: undefined }, /not checked yet/],
  ])('when %s', (_what, known, expected) => {
    const why = objection(site, known, false);
    expect(why ?? 'may').toMatch(expected);
  });

  it('never while paused or blind', () => {
    expect(objection({ ...site, paused: true }, down('refused'), false)).toMatch(/paused/);
    expect(objection(site, down('refused'), true)).toMatch(/sees nothing/);
  });

  it('is decided by one more look, at this moment', async () => {
    const probe = (failure?: object) => ({
      web: { probe: async () => ({ startedAt: 1, phases, ...(failure && { failure }) }) as never },
      incidents: { isOpen: async () => false } as never,
    });
    const of = { site, name: site.name, known: down('refused') };

    expect(await whyNotMend(probe(), of)).toMatch(/answers again/);
    expect(await whyNotMend(probe({ class: 'reset', detail: '' }), of)).toBeUndefined();
    expect(await whyNotMend(probe({ class: 'dns', detail: '' }), of)).toMatch(/no restart cures/);
    expect(await whyNotMend(probe(), { ...of, site: undefined })).toMatch(/no longer watched/);
  });

  it('looks as the checks do, with all that they ask and expect, past the cache of the resolver', async () => {
    const asks = { method: 'POST', headers: { authorization: '${env:KEY}' }, body: '{}', family: 4 as const };
    const seen: unknown[] = [];
    const world = {
      web: { probe: async (of: unknown) => (seen.push(of), { startedAt: 1, phases }) },
      incidents: { isOpen: async () => false } as never,
    };

    await whyNotMend(world, { site: { ...site, asks }, name: site.name, known: down('refused') });

    expect(seen).toEqual([expect.objectContaining({ ...asks, url: site.url, freshDns: true })]);
  });
});
