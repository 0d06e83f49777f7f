import { Ambiguous, isRefusal, isTransient, Refusal, Transient } from '#errors.ts';

import { meaningOf } from './refusals.ts';
import type { Service } from './services.ts';

/** What was asked when it failed. `once`: AWS takes no token, so a lost answer leaves doubt. `endpoint`: only when it is not AWS. */
export type Asked = { service: Service; action: string; once: boolean; endpoint: string | undefined };

/** The fields of an SDK error that we rely on. */
type Failure = {
  name: string;
  /** AWS's words, cut to a length that fits a message; `ids` and `images` are from the whole of them. */
  message: string;
  ids: readonly string[];
  images: readonly string[];
  status: number | undefined;
  requestId: string | undefined;
  /** AWS's own error code; undefined for network trouble and for replies that are not AWS's. */
  awsCode: string | undefined;
  networkCode: string | undefined;
};

/**
 * Turns what the SDK threw into Refusal, Transient or Ambiguous. The text names the action, the code, what AWS said (cut,
 * without encoded tails) and the next move; `data` has `action`, `awsCode`, `requestId`, `ids` (those AWS named) and
 * `inUseBy` (images). The cause is a plain copy: the SDK's error carries the raw reply.
 */
export function translate(error: unknown, asked: Asked): unknown {
  if (isRefusal(error) || isTransient(error)) return error;
  const failure = read(error);
  if (failure === undefined) return error;
  const options = { cause: causeOf(failure) };
  if (failure.awsCode === undefined) return translateForeign(failure, asked, options);

  const meaning =
    meaningOf(asked.service.prefix, failure.awsCode, failure.message) ??
    (isServerSide(failure) ? { kind: 'unsure' } : undefined);
  const said = `${asked.service.name} refused ${asked.action}: ${failure.awsCode}${sentence(failure.message)}`;
  if (meaning?.kind === 'unsure') return unsure(failure, asked, options);
  if (meaning?.kind === 'transient') return new Transient(`${said} ${meaning.next}`, options);
  const data = { ...dataOf(failure, asked), ...(failure.ids.length > 0 ? { ids: failure.ids } : {}) };
  if (meaning === undefined)
    return new Refusal(
      'unsuitable',
      `${said} Look the code up in the ${asked.service.name} API reference, then ask again.`,
      data,
      options,
    );
  if (failure.awsCode === 'InvalidSnapshot.InUse')
    return new Refusal(meaning.code, `${said} ${meaning.next}`, { ...data, inUseBy: failure.images }, options);
  return new Refusal(meaning.code, `${said} ${meaning.next}`, data, options);
}

/** Trouble on the way: no answer, or one that is not the service's. */
function translateForeign(failure: Failure, asked: Asked, options: ErrorOptions): Error {
  const { status, networkCode } = failure;
  const at = asked.endpoint ?? 'AWS';
  if (networkCode !== undefined && untrusted.test(networkCode))
    return new Refusal(
      'not-offered',
      `The TLS certificate of ${at} is not trusted (${networkCode}). Set NODE_EXTRA_CA_CERTS to its authority, or correct the endpoint.`,
      dataOf(failure, asked),
      options,
    );
  if (networkCode !== undefined && neverSent.has(networkCode))
    return new Transient(
      `${at} cannot be reached for ${asked.action} (${networkCode}). Check the network and try again.`,
      options,
    );
  if (status === undefined) return unsure(failure, asked, options);
  if (
    status === 501 ||
    (!asked.once && asked.endpoint !== undefined && status !== 502 && status !== 503 && status !== 504)
  )
    return notOffered(failure, asked, options);
  if (status >= 400 && status < 500) return notOffered(failure, asked, options);
  return unsure(failure, asked, options);
}

/** AWS says 501 for nothing; other endpoints answer so, or with a web page, when they lack a call. */
function notOffered(failure: Failure, asked: Asked, options: ErrorOptions): Refusal {
  const what = failure.status === 501 ? 'does not offer' : `gave no ${asked.service.name} answer to`;
  return new Refusal(
    'not-offered',
    `The ${asked.service.name} endpoint ${asked.endpoint ?? 'of AWS'} ${what} ${asked.action} (HTTP ${failure.status ?? 'none'}). Use an endpoint that offers it, or check the proxy in between.`,
    dataOf(failure, asked),
    options,
  );
}

function unsure(failure: Failure, asked: Asked, options: ErrorOptions): Error {
  const what = failure.awsCode ?? failure.networkCode ?? failure.name;
  const status = failure.status === undefined ? '' : `, HTTP ${failure.status}`;
  if (asked.once)
    return new Ambiguous(
      `${asked.action} got no clear answer (${what}${status}): it may or may not have happened. Look before it is tried again.`,
      options,
    );
  return new Transient(`${asked.action} got no clear answer (${what}${status}). Try again in a minute.`, options);
}

/** A reply that lacks what we rely on. */
export function unreadable(asked: Asked, problem: string): Error {
  if (asked.once)
    return new Ambiguous(
      `${asked.action} was answered in a form that cannot be read (${problem}): it may or may not have happened. Look before it is tried again.`,
    );
  return new Refusal(
    'not-offered',
    `${asked.action} was answered in a form that Deckhand cannot read (${problem}). Check the endpoint, and report it if it is AWS itself.`,
    { action: `${asked.service.prefix}:${asked.action}`, awsCode: 'UnreadableReply' },
  );
}

/** No credentials, or none that can be renewed. Anything else on the way to them (a slow metadata service) may pass. */
export function translateCredentials(error: unknown): unknown {
  if (isRefusal(error) || isTransient(error)) return error;
  const name = textOf(error, 'name');
  const words = clean(textOf(error, 'message')).slice(0, longestMessage);
  const options = { cause: new Error(words) };
  if (!/Credentials|Token|Config/.test(name) && textOf(error, 'code') !== '')
    return new Transient(
      `The AWS credentials could not be fetched (${textOf(error, 'code')}). Try again in a minute.`,
      options,
    );
  return new Refusal(
    'not-permitted',
    `Deckhand has no usable AWS credentials${sentence(words)} Give its process an instance profile, a task role, AWS_PROFILE or AWS_ACCESS_KEY_ID with its secret, then try again.`,
    { awsCode: name === '' ? 'CredentialsProviderError' : name },
    options,
  );
}

/** True when AWS said that the keys are over: nothing was done. */
export function isExpired(error: unknown): boolean {
  return /^(?:RequestExpired|ExpiredToken|ExpiredTokenException)$/.test(textOf(error, 'name'));
}

/** True when AWS said "too many calls": nothing was done. */
export function isThrottle(error: unknown): boolean {
  return /^(?:RequestLimitExceeded|EC2ThrottledException|Throttling|ThrottlingException|RequestThrottled|TooManyRequestsException|SlowDown)$/.test(
    textOf(error, 'name'),
  );
}

/** AWS got nothing: no connection was made. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const untrusted = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/;

function read(error: unknown): Failure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const name = textOf(error, 'name');
  const metadata =
    '$metadata' in error && typeof error.$metadata === 'object' && error.$metadata !== null ? error.$metadata : {};
  const status =
    'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
  const requestId = textOf(metadata, 'requestId');
  const networkCode = textOf(error, 'code');
  const fault = textOf(error, '$fault');
  const words = clean(textOf(error, 'message'));
  if (status === undefined && networkCode === '' && name !== 'TimeoutError' && name !== 'AbortError') return undefined;
  return {
    name,
    message: words.slice(0, longestMessage),
    ids: idsNamed(words, 'i|vol|snap|replacevol'),
    images: idsNamed(words, 'ami'),
    status,
    requestId: requestId === '' ? undefined : requestId,
    awsCode: fault !== '' && name !== 'Unknown' && name !== 'UnknownError' && name !== 'Error' ? name : undefined,
    networkCode: networkCode === '' ? undefined : networkCode,
  };
}

function isServerSide(failure: Failure): boolean {
  return failure.status !== undefined && failure.status >= 500;
}

function dataOf(failure: Failure, asked: Asked): Record<string, unknown> {
  return {
    action: `${asked.service.prefix}:${asked.action}`,
    awsCode:
      failure.awsCode ??
      failure.networkCode ??
      (failure.status === undefined ? failure.name : `HTTP ${failure.status}`),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
  };
}

/** Resource ids with one of the prefixes (`i|vol`) in a text, each once. */
function idsNamed(text: string, prefixes: string): string[] {
  return [...new Set([...text.matchAll(new RegExp(`\\b(?:${prefixes})-[0-9a-f]{8,17}\\b`, 'g'))].map(([id]) => id))];
}

/** Longest piece of AWS's own words that is passed on. */
const longestMessage = 600;

/** AWS's words in one line: without the encoded authorization message (1–2 kB that only an administrator can read) and
 *  without the SDK's hints for programmers. */
function clean(message: string): string {
  return message
    .replace(/\s*Encoded authorization failure message:.*$/is, '')
    .replace(/\s*Deserialization error: to see the raw response.*$/is, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function sentence(message: string): string {
  if (message === '') return '.';
  return `: ${message}${/[.!?]$/.test(message) ? '' : '.'}`;
}

function causeOf(failure: Failure): Error {
  return Object.assign(new Error(failure.message), {
    name: failure.name,
    status: failure.status,
    requestId: failure.requestId,
  });
}

function textOf(of: unknown, field: string): string {
  if (typeof of !== 'object' || of === null) return '';
  const value: unknown = Reflect.get(of, field);
  return typeof value === 'string' ? value : '';
}
