import { isRefusal, isTransient, Refusal, type RefusalCode, Transient } from '#errors.ts';

/** What was asked of which engine. */
export type Asked = { what: string; address: string };

/** Trouble on the way to an engine, as a Refusal or Transient that names it and the next move. */
export function translate(error: unknown, { what, address }: Asked): unknown {
  if (isRefusal(error) || isTransient(error)) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  const options = { cause: new Error(code) };
  const data = { dockerCode: code };
  if (code === 'EACCES')
    return new Refusal(
      'not-permitted',
      `Deckhand may not use the Docker engine at ${address}. Give its user access to the socket, then try again.`,
      data,
      options,
    );
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code))
    return new Refusal(
      'not-permitted',
      `The Docker engine at ${address} and Deckhand do not trust each other's certificates (${code}). Correct ca, cert and key.`,
      data,
      options,
    );
  if (neverSent.has(code))
    return new Transient(
      `The Docker engine at ${address} cannot be reached (${code}). Check that it runs and its address, then try again.`,
      options,
    );
  return new Transient(
    `The Docker engine at ${address} gave no clear answer to ${what} (${code}). Try again in a minute.`,
    options,
  );
}

/** An answer that says no. Source of the statuses: https://docs.docker.com/reference/api/engine/ */
export function refused(status: number, words: string, { what, address }: Asked): Error {
  const said = `Docker at ${address} refused ${what} (HTTP ${status})${words === '' ? '.' : `: ${words}.`}`;
  const meaning = /client version .* is too|API version/i.test(words) ? tooOld : meanings[status];
  if (meaning === undefined && status >= 500) return new Transient(`${said} Try again in a minute.`);
  const [code, next] = meaning ?? (['unsuitable', 'Look at the container on its host, then ask again.'] as const);
  return new Refusal(code, `${said} ${next}`, { dockerCode: `HTTP ${status}` });
}

const tooOld = ['not-offered', 'Bring the engine and Deckhand to versions that know each other.'] as const;
const mayNot = ['not-permitted', 'Allow it in the engine, or in the proxy in front of it.'] as const;
const meanings: Readonly<Record<number, readonly [RefusalCode, string]>> = {
  400: ['bad-input', 'Check the name, then ask again.'],
  401: mayNot,
  403: mayNot,
  404: ['not-found', 'Check the name of the container and the address of the engine.'],
  409: ['conflict', 'Something else works on the container. Wait until it is done, then ask again.'],
};

const neverSent = new Set([
  'ENOENT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Undefined for a fault of our own. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  if (typeof code === 'string') return code;
  return error.name === 'TimeoutError' ? 'ETIMEDOUT' : undefined;
}
