import { describe, expect, it } from 'vitest';

import type { Report } from '#ports/incidents.ts';
import type { Line, Piece } from '#ports/text.ts';
import { type FailureClass, failureClasses } from '#ports/web.ts';
import * as conditions from '#sites/condition-messages.ts';
import * as messages from '#sites/messages.ts';
import { blind } from '#sites/own-messages.ts';
import type { Server } from '#sites/server.ts';
import { newState } from '#sites/state.ts';
import { judge } from '#sites/verdict.ts';

import { aFailure, aResult, after, aSite } from './support.ts';

const evil = '<!channel> *bold* <https://evil.example|click> `x` & _y_';
const server = (change: Partial<Extract<Server, { kind: 'found' }>> = {}): Server => ({
  kind: 'found',
  id: 'i-0123456789abcdef0',
  name: 'web-1',
  state: 'running',
  autoScalingGroup: undefined,
  flags: '',
  ...change,
});

function down(kind: FailureClass, detail = 'HTTP 503', of: Server = server(), site = aSite()) {
  const state = [0, 1, 2, 3].reduce(
    (before, at) => judge(before, aFailure(at * 60_000, kind, detail), site),
    newState(),
  );
  return messages.down({ site, state, server: of, first: true }).report;
}
/** A fault of our own, or of how the check is set up, never makes a site down. */
const causes = failureClasses.filter((kind) => kind !== 'monitor' && kind !== 'setup');
const labels = (report: Report) => report.remedies.map(({ label }) => label);
const factOf = (report: Report, name: string) => report.facts.find(([label]) => label === name)?.[1];

describe('the message of an outage', () => {
  it('says what, why, since when, how it was confirmed, who owns it and what to do', () => {
    const site = aSite({
      owner: 'shop team',
      runbook: 'https://wiki.example.com/shop',
      url: 'https://shop.example.com/health?key=1',
    });
    const report = down('status', 'HTTP 503', server(), site);

    expect(report).toMatchObject({ title: 'Site down · shop', alert: 'shop is down: HTTP 503', severity: 'critical' });
    expect(Object.fromEntries(report.facts)).toEqual({
      Site: { link: 'https://shop.example.com/health', label: 'https://shop.example.com/health' },
      Cause: 'HTTP 503',
      'Time spent': 'DNS 1 ms · connect 2 ms · TLS 3 ms · first byte 43 ms · download 1 ms · total 50 ms',
      'First failure': { at: 0, style: 'datetime' },
      'Confirmed by': '4 failed checks in a row; 3 re-checks after 5 s, 15 s and 20 s',
      Server: 'web-1 (i-0123456789abcdef0), running',
      Owner: 'shop team',
      Runbook: { link: 'https://wiki.example.com/shop', label: 'open' },
    });
    expect(report.detail.length).toBeGreaterThan(0);
  });

  it('offers remedies for exactly the causes that they can cure', () => {
    const offered = causes.filter((kind) => labels(down(kind)).length > 0);

    expect(offered).toEqual(['refused', 'connect-timeout', 'tls', 'reset', 'status', 'body', 'deadline']);
    expect(labels(down('status', 'HTTP 404'))).toEqual([]);
    expect(labels(down('status', 'HTTP 301'))).toEqual([]);
    expect(labels(down('status', 'HTTP 500'))).toEqual(['Restart web-1', 'Restore…']);
  });

  it('offers only what the state of the server allows', () => {
    expect(labels(down('reset', '', server({ state: 'stopped' })))).toEqual(['Restore…']);
    expect(labels(down('reset', '', server({ state: 'pending' })))).toEqual([]);
    expect(labels(down('reset', '', server({ autoScalingGroup: 'web' })))).toEqual(['Restart web-1']);
    expect(labels(down('reset', '', { kind: 'none' }))).toEqual([]);
    expect(
      labels(down('reset', '', { kind: 'unknown', named: 'web', why: '2 servers have this Name; use an id' })),
    ).toEqual([]);
    expect(labels(down('reset', '', server({ name: '' })))).toEqual(['Restart i-0123456789abcdef0', 'Restore…']);
  });

  it('takes only ids into the lines of its remedies, whatever a server is called', () => {
    const { remedies } = down('reset', '', server({ name: evil }));

    expect(remedies.map(({ line }) => line)).toEqual(['i-0123456789abcdef0', 'i-0123456789abcdef0 --from latest']);
  });

  it('says where a site is changed: in deckhand.yml, or in the chat where it was added', () => {
    for (const kind of ['dns', 'body'] as const) {
      expect(JSON.stringify(down(kind).detail)).toContain('in deckhand.yml');
      const detail = JSON.stringify(down(kind, 'no such name', server(), aSite({ inChat: true })).detail);
      expect(detail).toContain('/deck sites edit shop');
      expect(detail).not.toContain('deckhand.yml');
    }
  });

  it('says nothing of the time where none was spent', () => {
    const site = aSite();
    const nothing = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, downloadMs: 0, totalMs: 0 };
    const cause = { class: 'blocked', detail: 'no', phases: nothing, at: 0 } as const;
    const { report } = messages.down({ site, state: { ...newState(), cause }, server: server(), first: true });

    expect(factOf(report, 'Time spent')).toBeUndefined();
  });

  it('has words for every cause, each with a next move', () => {
    for (const kind of causes) expect(JSON.stringify(down(kind).detail).length).toBeGreaterThan(40);
  });
});

describe('the message of a recovery', () => {
  it('says how long it lasted and offers nothing any more', () => {
    const site = aSite();
    const start = after('+----', site);
    const { state } = after('+++', site, start);

    const { report, note } = messages.upAgain({ site, state });

    expect(report).toMatchObject({ title: 'Site down · shop', alert: 'shop is up again after 2 min', remedies: [] });
    expect(factOf(report, 'Cause')).toBe('HTTP 503');
    expect(note).toBe('Up again after 2 min; 3 good checks in a row.');
  });
});

describe('the message of a certificate', () => {
  it('says when it ends, or how long it has been over', () => {
    const at = (validTo: number) => ({
      site: aSite(),
      state: judge(newState(), aResult(0, { certificate: { validTo, fingerprint: 'AA:BB' } }), aSite()),
      now: 10 * 86_400_000,
    });

    expect(conditions.certificate(at(13 * 86_400_000)).report).toMatchObject({
      severity: 'warning',
      alert: 'The certificate of shop ends in 3 d',
    });
    expect(conditions.certificate(at(8 * 86_400_000)).report).toMatchObject({
      severity: 'critical',
      alert: 'The certificate of shop has expired 2 d ago',
    });
  });
});

describe('all words', () => {
  it('show what comes from outside as literal text only: no piece but a plain string ever holds it', () => {
    const site = aSite({ owner: evil, instance: evil });
    const reports = [
      down('reset', evil, server({ name: evil, state: evil, autoScalingGroup: evil }), site),
      down('reset', evil, { kind: 'unknown', named: evil, why: 'EC2 knows no such server' }, site),
      conditions.slow({ site, state: newState() }).report,
      conditions.intermittent({ site, state: after('+-+-+-+-').state }).report,
      messages.unwatched(evil, 'Site down', 'removed').report,
      messages.folded(evil, evil).report,
      blind(7).report,
    ];

    for (const report of reports)
      for (const piece of pieces(report)) expect(JSON.stringify(piece)).not.toContain('<!channel>');
  });
});

/** Everything live in a report: pieces that are more than a string. */
function pieces(report: Report): Exclude<Piece, string>[] {
  const lines: Line[] = [...report.facts.map(([, line]) => line), ...report.detail];
  return lines
    .flatMap((line): Piece[] => (Array.isArray(line) ? [...(line as readonly Piece[])] : [line as Piece]))
    .filter((piece) => typeof piece !== 'string');
}
