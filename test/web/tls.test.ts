import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Probe } from '#ports/web.ts';
import { createClock } from '#timers/clock.ts';
import { createWeb } from '#web/probe.ts';
import type { Resolver } from '#web/resolver.ts';

import { aCertificate, anAuthority, type Certified } from './certificates.ts';
import { closeAll, closeLater, https, openSockets } from './servers.ts';

const authority = anAuthority();
setDefaultCACertificates([...getCACertificates('default'), authority.cert]);
const day = 86_400_000;
let before = 0;

beforeEach(() => {
  before = openSockets();
});
afterEach(async () => {
  await closeAll();
  await vi.waitFor(() => expect(openSockets()).toBeLessThanOrEqual(before), { timeout: 3_000 });
});

async function check(by: Certified, change: Partial<Probe> = {}) {
  let requests = 0;
  const url = await https(by, (_request, response) => void (requests++, response.end('fine')));
  const loopback: Resolver = {
    resolve: async () => ({ addresses: [{ address: '127.0.0.1', family: 4 }], stale: false }),
    canonical: async () => undefined,
    records: async () => [],
    close: () => {},
  };
  const web = createWeb({ allowPrivate: () => ['127.0.0.0/8'], clock: createClock(), resolver: loopback });
  closeLater(() => web.close());
  const result = await web.probe({
    url,
    deadlineMs: 5_000,
    statuses: [],
    verifyTls: true,
    maxRedirects: 5,
    freshDns: false,
    ...change,
    ...(change.url === 'tls:' ? { url: url.replace('https:', 'tls:') } : {}),
    ...(change.url === 'https://www.shop.test' ? { url: url.replace('127.0.0.1', 'www.shop.test') } : {}),
  });
  return { ...result, requests };
}

describe('the certificate of a site', () => {
  it('that is trusted is told with its end and its fingerprint', async () => {
    const result = await check(aCertificate({ ips: ['127.0.0.1'], by: authority, toDays: 30 }));

    expect(result.failure).toBeUndefined();
    expect(result.certificate?.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    expect((result.certificate?.validTo ?? 0) - Date.now()).toBeGreaterThan(29.9 * day);
    expect(result.phases.tlsMs).toBeGreaterThan(0);
  });

  it('that has expired makes the site down, is told with its date, and gets no request', async () => {
    const result = await check(aCertificate({ ips: ['127.0.0.1'], by: authority, fromDays: -90, toDays: -2 }));

    expect(result.failure).toEqual({
      class: 'cert',
      detail: `the certificate has expired (CERT_HAS_EXPIRED, valid until ${new Date(Date.now() - 2 * day).toISOString().slice(0, 10)})`,
    });
    expect(result.certificate?.validTo).toBeLessThan(Date.now());
    expect(result.requests).toBe(0);
  });

  it('for another name makes the site down', async () => {
    const result = await check(aCertificate({ dns: ['elsewhere.test'], by: authority }));

    expect(result.failure).toMatchObject({
      class: 'cert',
      detail: expect.stringContaining('for another name: expected 127.0.0.1, it names "DNS:elsewhere.test"'),
    });
  });

  it.each([
    ['its own name', { dns: ['www.shop.test'] }, 'good'],
    ['all names beside its own', { dns: ['*.shop.test'] }, 'good'],
    ['several names, its own among them', { dns: ['other.test', 'www.shop.test'] }, 'good'],
    ['all names below its own', { dns: ['*.www.shop.test'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['an address alone', { ips: ['127.0.0.1'] }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['its name as the subject and no other', { subject: 'www.shop.test' }, 'good'],
    ['its name as the subject beside an address', { subject: 'www.shop.test', ips: ['127.0.0.1'] }, 'good'],
    [
      'its name as the subject beside another name',
      { subject: 'www.shop.test', dns: ['other.test'] },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('for %s is judged by what it names: %j is %s for www.shop.test', async (_what, names, expected) => {
    const { failure } = await check(aCertificate({ ...names, by: authority }), { url: 'https://www.shop.test' });

    expect(failure?.detail ?? 'good').toContain(expected);
  });

  it('that is self-signed makes the site down', async () => {
    const result = await check(aCertificate({ ips: ['127.0.0.1'] }));

    expect(result.failure).toMatchObject({ class: 'cert', detail: expect.stringContaining('self-signed') });
  });

  it('whose issuer is not sent along says so, with the issuer and what to do', async () => {
    const between = anAuthority('Deckhand test intermediate', authority);
    const { cert, key } = aCertificate({ ips: ['127.0.0.1'], by: between, toDays: 80 });
    const unknown = anAuthority('Nobody’s authority');
    const second = anAuthority('Second one', unknown);
    const ofSecond = aCertificate({ ips: ['127.0.0.1'], by: second });

    const lacking = await check({ cert, key });
    const deeper = await check({ cert: `${ofSecond.cert}${second.cert}`, key: ofSecond.key });
    const whole = await check({ cert: `${ofSecond.cert}${second.cert}${unknown.cert}`, key: ofSecond.key });
    const mended = await check({ cert: `${cert}${between.cert}`, key });

    expect(lacking.failure).toEqual({
      class: 'cert',
      detail: expect.stringMatching(
        /^the server does not send the certificate of its issuer "Deckhand test intermediate"; install the full chain, or have Deckhand trust that issuer \(UNABLE_TO_VERIFY_LEAF_SIGNATURE, valid until \d{4}-\d\d-\d\d\)$/,
      ),
    });
    expect(deeper.failure?.detail).toMatch(/does not send the certificate of its issuer "Nobody’s authority"; install/);
    expect(whole.failure?.detail).toMatch(/^the certificate ends at an authority that is not trusted/);
    expect(mended.failure).toBeUndefined();
  });

  it('is not judged where the site does not demand it, but still told', async () => {
    const result = await check(aCertificate({ ips: ['127.0.0.1'], fromDays: -90, toDays: -2 }), { verifyTls: false });

    expect(result).toMatchObject({ status: 200, requests: 1 });
    expect(result.failure).toBeUndefined();
    expect(result.certificate?.validTo).toBeLessThan(Date.now());
  });

  it('that is good while one above it ends sooner is told by the one that ends first', async () => {
    const between = anAuthority('Deckhand test intermediate', authority, 5);
    const { cert, key } = aCertificate({ ips: ['127.0.0.1'], by: between, toDays: 80 });

    const result = await check({ cert: `${cert}${between.cert}`, key });

    expect(result.failure).toBeUndefined();
    expect(((result.certificate?.validTo ?? 0) - Date.now()) / day).toBeCloseTo(5, 1);
  });

  it('is judged without any request on a tls:// address', async () => {
    const good = await check(aCertificate({ ips: ['127.0.0.1'], by: authority, toDays: 30 }), { url: 'tls:' });
    const bad = await check(aCertificate({ ips: ['127.0.0.1'] }), { url: 'tls:' });

    expect(good).toMatchObject({ requests: 0, certificate: { fingerprint: expect.any(String) } });
    expect(good.failure).toBeUndefined();
    expect(bad.failure).toMatchObject({ class: 'cert', detail: expect.stringContaining('self-signed') });
  });
});
