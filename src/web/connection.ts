import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  type ConnectionOptions,
  createSecureContext,
  DEFAULT_CIPHERS,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';

import { type PortRange, portRefusal } from '#lib/web-ports.ts';

import { judgeAddress, refusals } from './address.ts';
import { Found, quote } from './failures.ts';
import type { Answered, Resolved, Resolver } from './resolver.ts';
import type { Trip } from './trip.ts';

export type Connected = { socket: Socket; certificate?: { validTo: number; fingerprint: string } };
export type ConnectOptions = {
  freshDns: boolean;
  deadlineMs: number;
  verifyTls: boolean;
  family?: 4 | 6 | undefined;
  ports?: readonly PortRange[] | undefined;
  onResolved?: (answer: Answered) => void;
};
/** The addresses of a host that a check may go to. Throws Found. */
export type Locate = (url: URL, options: Omit<ConnectOptions, 'verifyTls'>, trip: Trip) => Promise<Resolved>;
export type Connect = (url: URL, options: ConnectOptions, trip: Trip) => Promise<Connected>;

/**
 * Key exchanges offered: what every server takes. OpenSSL 3.5 would offer X25519MLKEM768 too, which costs a check a tenth
 * more (measured). It guards what is recorded today from the quantum computers of a later day; what a check sends is a
 * token at most, worth nothing by then.
 */
const curves = 'X25519:P-256:P-384:P-521';
/** All that Node offers; first the one whose hash (SHA-256) processors have instructions for. */
const quickest = 'TLS_AES_128_GCM_SHA256';
const ciphers = [quickest, ...DEFAULT_CIPHERS.split(':').filter((name) => name !== quickest)].join(':');

/**
 * Opens one fresh connection for a check: resolves, refuses addresses that a check must not reach, connects, judges the
 * certificate itself (Node would hide the dates of an expired one). Throws Found, or what the socket said.
 */
export function createConnect(world: { resolver: Resolver; allowPrivate: () => readonly string[] }): {
  connect: Connect;
  locate: Locate;
} {
  // One for all checks: making it costs a fifth of a TLS check. It trusts what Node trusts (NODE_EXTRA_CA_CERTS too).
  let trust: ReturnType<typeof createSecureContext> | undefined;
  const secureContext = () => (trust ??= createSecureContext({ ecdhCurve: curves, ciphers }));

  async function locate(url: URL, options: Omit<ConnectOptions, 'verifyTls'>, trip: Trip): Promise<Resolved> {
    const host = hostOf(url);
    const refused = options.ports === undefined ? undefined : portRefusal(url.href, options.ports);
    if (refused !== undefined) throw new Found({ class: 'setup', detail: refused });
    trip.enter('dns');
    const answer = await addressesOf(host, options);
    options.onResolved?.(answer);
    refuse(answer.addresses, host);
    return answer.addresses;
  }

  async function connect(url: URL, options: ConnectOptions, trip: Trip): Promise<Connected> {
    const addresses = await locate(url, options, trip);
    const host = hostOf(url);
    trip.enter('connect');
    const secure = url.protocol === 'https:' || url.protocol === 'tls:';
    const to = {
      host,
      port: Number(url.port) || (secure ? 443 : 80),
      lookup: answering(addresses),
      autoSelectFamily: true,
    };
    const tls = secure ? overTls({ ...to, secureContext: secureContext() }) : undefined;
    const socket = tls?.socket ?? connectTcp(to);
    trip.onEnd(() => socket.destroy());
    socket.setNoDelay(true);
    await happens(socket, 'connect');
    // What is really connected counts, whatever was resolved.
    const reached = socket.remoteAddress ?? '';
    if (!addresses.some(({ address }) => address === reached)) refuse([{ address: reached }], host);
    if (tls === undefined) return { socket };
    trip.enter('tls');
    await happens(socket, 'secureConnect');
    return { socket, ...judged(tls, { host, verifyTls: options.verifyTls }) };
  }

  async function addressesOf(host: string, options: Omit<ConnectOptions, 'verifyTls'>): Promise<Answered> {
    const { freshDns, deadlineMs, family } = options;
    const literal = isIP(host);
    if (literal === 0) return world.resolver.resolve(host, { fresh: freshDns, family, deadlineMs });
    if (family !== undefined && literal !== family)
      throw new Found({ class: 'dns', detail: `expected an IPv${family} address, the site is given as IPv${literal}` });
    return { addresses: [{ address: host, family: literal === 6 ? 6 : 4 }], stale: false };
  }

  function refuse(addresses: readonly { address: string }[], host: string): void {
    for (const { address } of addresses) {
      const ruling = judgeAddress(address, host, world.allowPrivate());
      if (ruling !== 'allowed') throw new Found({ class: 'setup', detail: refusals[ruling] });
    }
  }

  return { connect, locate };
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

type Shown = ReturnType<TLSSocket['getPeerX509Certificate']>;

/**
 * Node compares the name of the certificate with all of the chain turned into plain objects, a twelfth of a check (measured).
 * The names alone are enough, and are compared by the same function.
 */
function overTls(to: ConnectionOptions & { host: string }): { socket: TLSSocket; shown: () => Shown } {
  const { host } = to;
  let seen: { certificate: Shown } | undefined;
  // Node can be asked once only: it takes the first certificate off the chain.
  const shown = () => (seen ??= { certificate: socket.getPeerX509Certificate() }).certificate;
  const socket: TLSSocket = connectTls({
    ...to,
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
    checkServerIdentity: () => checkServerIdentity(host, namesOf(shown())),
  });
  socket.getPeerCertificate = () => nothingTurned;
  return { socket, shown };
}

const nothingTurned = {} as DetailedPeerCertificate;

/** The subject counts only where no name for a server stands beside it (RFC 6125 §6.4.4). */
function namesOf(shown: Shown): PeerCertificate {
  const names = shown?.subjectAltName;
  if (names?.startsWith('DNS:') === true) return { subject: {}, subjectaltname: names } as PeerCertificate;
  return shown?.toLegacyObject() ?? nothingTurned;
}

/** Hands the vetted addresses to the socket, which so cannot resolve the name to others meanwhile. */
function answering(addresses: Resolved): LookupFunction {
  return (_host, options, callback) => {
    const first = addresses[0];
    if (options.all === true || first === undefined) callback(null, [...addresses]);
    else callback(null, first.address, first.family);
  };
}

/** The listener for errors stays: one that comes later must not end the process. */
function happens(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    let happened = false;
    socket.once(event, () => {
      happened = true;
      resolve();
    });
    socket.on('error', reject);
    socket.once('close', () => {
      if (!happened) reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    });
  });
}

/** `authorizationError` names one fault only, so the date is always told as well. */
function judged(
  tls: ReturnType<typeof overTls>,
  { host, verifyTls }: { host: string; verifyTls: boolean },
): Pick<Connected, 'certificate'> {
  const { socket } = tls;
  const shown = tls.shown();
  if (verifyTls && !socket.authorized)
    throw new Found(
      { class: 'cert', detail: fault(String(socket.authorizationError), host, shown) },
      certificateOf(shown),
    );
  const certificate = certificateOf(shown);
  return certificate === undefined ? {} : { certificate };
}

/** Of the certificates that the server showed, the one that ends first. */
function certificateOf(shown: Shown): { validTo: number; fingerprint: string } | undefined {
  if (shown === undefined) return undefined;
  let first = shown;
  let issuer = shown.issuerCertificate;
  // Roots are left out: whoever checks has one of its own.
  for (let depth = 0; issuer !== undefined && issuer.issuer !== issuer.subject && depth < 10; depth++) {
    if (issuer.validToDate < first.validToDate) first = issuer;
    issuer = issuer.issuerCertificate;
  }
  return { validTo: first.validToDate.getTime(), fingerprint: first.fingerprint256 };
}

const words: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate ends at an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate ends at an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate ends at an authority that is not trusted',
};

function fault(code: string, host: string, shown: Shown): string {
  const known = Object.keys(words).find((name) => code.includes(name));
  const until = shown === undefined ? '' : `, valid until ${shown.validToDate.toISOString().slice(0, 10)}`;
  return `${saying(known, host, shown)} (${known ?? 'other fault'}${until})`;
}

function saying(code: string | undefined, host: string, shown: Shown): string {
  const issuer = code?.startsWith('UNABLE_TO_') === true ? unsentIssuer(shown) : undefined;
  if (issuer !== undefined)
    return `the server does not send the certificate of its issuer ${quote(issuer)}; install the full chain, or have Deckhand trust that issuer`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `${words[code]}: expected ${host}, it names ${quote(shown?.subjectAltName ?? 'none')}`;
  return words[code ?? ''] ?? 'the certificate is not trusted';
}

/** Who issued the last certificate that the server sent, if that is somebody else. */
function unsentIssuer(shown: Shown): string | undefined {
  let last = shown;
  for (let depth = 0; last?.issuerCertificate !== undefined && depth < 10; depth++) last = last.issuerCertificate;
  if (last === undefined || last.issuer === last.subject) return undefined;
  return /^CN=(.*)$/m.exec(last.issuer)?.[1] ?? last.issuer;
}
