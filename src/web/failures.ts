import type { FailureClass, ProbeResult } from '#ports/web.ts';

export type Failure = NonNullable<ProbeResult['failure']>;
/** How far a check got: decides what a silence or a broken connection means. */
export type Stage = 'dns' | 'connect' | 'tls' | 'request' | 'body';

/** A failure we found ourselves. */
export class Found extends Error {
  readonly code = 'found';
  readonly failure: Failure;
  /** The certificate that was refused. */
  readonly certificate: ProbeResult['certificate'];

  constructor(failure: Failure, certificate?: ProbeResult['certificate']) {
    super(failure.detail);
    this.name = 'Found';
    this.failure = failure;
    this.certificate = certificate;
  }
}

/** The DNS servers said nothing, which may be the fault of our side. */
export const dnsSilence: Failure = { class: 'dns', detail: 'the DNS did not answer' };

/** What fails at an older address may work at the newer one, so the silence of the DNS is told first, and nothing is mended. */
export function byOlderAnswer(failure: Failure, stale: boolean | undefined): Failure {
  if (stale !== true || ['monitor', 'setup', 'blocked'].includes(failure.class)) return failure;
  return { class: 'dns', detail: `${dnsSilence.detail}; at the older address: ${failure.detail}` };
}

/** Of our own machine: no descriptors, buffers, memory, local ports or route left. Never the site's fault. */
const own: Readonly<Record<string, string>> = {
  EMFILE: 'Deckhand has no file descriptors left',
  ENFILE: 'this machine has no file descriptors left',
  ENOBUFS: 'this machine has no network buffers left',
  ENOMEM: 'this machine has no memory left',
  EADDRNOTAVAIL: 'this machine has no free local port or address',
  ENETDOWN: 'the network of this machine is down',
  ENETUNREACH: 'this machine has no route to that network',
};
const known: Readonly<Record<string, readonly [FailureClass, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ETIMEDOUT: ['connect-timeout', 'no answer to the connection attempt'],
  EHOSTUNREACH: ['connect-timeout', 'the host cannot be reached'],
  EHOSTDOWN: ['connect-timeout', 'the host is down'],
  ECONNRESET: ['reset', 'connection reset'],
  EPIPE: ['reset', 'connection closed while asking'],
  ERR_INVALID_CHAR: ['setup', 'a header holds what may not be sent; look at the variable that it names'],
};

/** Exactly one class for what was thrown at `stage`; words of our own, never those of a server. */
export function classify(error: unknown, stage: Stage): Failure {
  if (error instanceof Found) return error.failure;
  const codes = codesOf(error);
  const code = codes[0] ?? '';
  const mine = own[code];
  if (mine !== undefined) return { class: 'monitor', detail: `${mine} (${code})` };
  if (stage === 'body') return { class: 'body', detail: 'the answer broke off in the middle' };
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO')
    return { class: 'tls', detail: `no TLS connection (${plain(code)})` };
  const found = known[code];
  if (found !== undefined) return { class: found[0], detail: found[1] };
  if (isNotHttp(error, code)) return { class: 'body', detail: 'the answer is no proper HTTP' };
  return {
    class: stage === 'tls' ? 'tls' : 'reset',
    detail: `the connection failed${code === '' ? '' : ` (${plain(code)})`}`,
  };
}

/** What it means that the time was over at `stage`. */
export function silence(stage: Stage, deadlineMs: number): Failure {
  const within = `within ${deadlineMs < 1_000 ? `${deadlineMs} ms` : `${Math.round(deadlineMs / 100) / 10} s`}`;
  switch (stage) {
    case 'dns':
      return { class: 'dns', detail: `the name was not resolved ${within}` };
    case 'connect':
      return { class: 'connect-timeout', detail: `no connection ${within}` };
    case 'tls':
      return { class: 'deadline', detail: `connected, but no TLS handshake ${within}` };
    case 'request':
      return { class: 'deadline', detail: `connected, but no answer ${within}` };
    case 'body':
      return { class: 'deadline', detail: `the answer began, but was not complete ${within}` };
  }
}

/** Undici's parser gives a code only sometimes. */
function isNotHttp(error: unknown, code: string): boolean {
  const { name } = (error ?? {}) as { name?: unknown };
  return name === 'HTTPParserError' || code.startsWith('HPE_');
}

/**
 * Codes of an error, the telling one first. When all addresses of a name fail, the error is an AggregateError with an
 * empty message; a family this machine has no route for then says nothing about the others.
 */
function codesOf(error: unknown): readonly string[] {
  const { code, errors, cause } = (error ?? {}) as { code?: unknown; errors?: unknown; cause?: unknown };
  const inside = Array.isArray(errors) ? errors.flatMap(codesOf) : [];
  const all = [...inside, ...(typeof code === 'string' ? [code] : []), ...(cause === undefined ? [] : codesOf(cause))];
  return [...all.filter((one) => one !== 'ENETUNREACH'), ...all.filter((one) => one === 'ENETUNREACH')];
}

/** Text of others inside a sentence of ours: on one line, in quotes, cut. */
export function quote(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 79)}…` : line);
}

/** Codes are Node's and OpenSSL's constants; anything else does not reach a message. */
function plain(code: string): string {
  return code.replaceAll(/[^A-Z0-9_]/g, '').slice(0, 60);
}
