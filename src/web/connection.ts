import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';

import { judgeAddress } from './address.ts';
import { Found } from './failures.ts';
import type { Resolved, Resolver } from './resolver.ts';
import type { Trip } from './trip.ts';

export type Connected = { socket: Socket; certificate?: { validTo: number; fingerprint: string } };
export type ConnectOptions = { freshDns: boolean; verifyTls: boolean; onResolved?: (addresses: Resolved) => void };
export type Connect = (url: URL, options: ConnectOptions, trip: Trip) => Promise<Connected>;

/**
 * Opens one fresh connection for a check: resolves, refuses addresses that a check must not reach, connects, judges the
 * certificate itself (Node would hide the dates of an expired one). Throws Found, or what the socket said.
 */
export function createConnect(world: { resolver: Resolver; allowPrivate: () => readonly string[] }): Connect {
  // One for all checks: making it costs a fifth of a TLS check. It trusts what Node trusts (NODE_EXTRA_CA_CERTS too).
  let trust: ReturnType<typeof createSecureContext> | undefined;

  return async (url, { freshDns, verifyTls, onResolved }, trip) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    trip.enter('dns');
    const addresses = await addressesOf(host, freshDns);
    onResolved?.(addresses);
    refuse(addresses, host);
    trip.enter('connect');
    const secure = url.protocol === 'https:';
    const to = {
      host,
      port: Number(url.port) || (secure ? 443 : 80),
      lookup: answering(addresses),
      autoSelectFamily: true,
    };
    const socket = secure
      ? connectTls({
          ...to,
          secureContext: (trust ??= createSecureContext()),
          servername: isIP(host) === 0 ? host : '',
          ALPNProtocols: ['http/1.1'],
          rejectUnauthorized: false,
        })
      : connectTcp(to);
    trip.onEnd(() => socket.destroy());
    socket.setNoDelay(true);
    await happens(socket, 'connect');
    // What is really connected counts, whatever was resolved.
    refuse([{ address: socket.remoteAddress ?? '' }], host);
    if (!secure) return { socket };
    trip.enter('tls');
    await happens(socket, 'secureConnect');
    return { socket, ...judged(socket as TLSSocket, verifyTls) };
  };

  async function addressesOf(host: string, fresh: boolean): Promise<Resolved> {
    const family = isIP(host);
    if (family === 0) return world.resolver.resolve(host, { fresh });
    return [{ address: host, family: family === 6 ? 6 : 4 }];
  }

  function refuse(addresses: readonly { address: string }[], host: string): void {
    for (const { address } of addresses) {
      const ruling = judgeAddress(address, host, world.allowPrivate());
      if (ruling === 'allowed') continue;
      const detail =
        ruling === 'metadata'
          ? 'the address belongs to instance metadata, which checks never reach'
          : 'the address is private; allow it under web.allowPrivate in deckhand.yml if it is meant';
      throw new Found({ class: 'blocked', detail });
    }
  }
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
    socket.once(event, resolve);
    socket.on('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
}

/** `authorizationError` names one fault only, so the date is always told as well. */
function judged(socket: TLSSocket, verifyTls: boolean): Pick<Connected, 'certificate'> {
  const shown = socket.getPeerX509Certificate();
  if (verifyTls && !socket.authorized)
    throw new Found(
      { class: 'cert', detail: fault(String(socket.authorizationError), shown?.validToDate) },
      certificateOf(shown),
    );
  const certificate = certificateOf(shown);
  return certificate === undefined ? {} : { certificate };
}

function certificateOf(
  shown: ReturnType<TLSSocket['getPeerX509Certificate']>,
): { validTo: number; fingerprint: string } | undefined {
  return shown === undefined ? undefined : { validTo: shown.validToDate.getTime(), fingerprint: shown.fingerprint256 };
}

function fault(code: string, validTo: Date | undefined): string {
  const words: Readonly<Record<string, string>> = {
    CERT_HAS_EXPIRED: 'the certificate has expired',
    CERT_NOT_YET_VALID: 'the certificate is not valid yet',
    ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
    SELF_SIGNED_CERT_IN_CHAIN: 'the certificate ends at an authority that is not trusted',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate ends at an authority that is not trusted',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate ends at an authority that is not trusted',
  };
  const found = Object.entries(words).find(([name]) => code.includes(name));
  const until = validTo === undefined ? '' : `, valid until ${validTo.toISOString().slice(0, 10)}`;
  return `${found?.[1] ?? 'the certificate is not trusted'} (${found?.[0] ?? 'other fault'}${until})`;
}
