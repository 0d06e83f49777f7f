import { randomBytes } from 'node:crypto';

import { z } from 'zod';

/** Whose keys a request is signed with. Keys that nobody gave out are the home account's, whatever they are. */
export type Signature = { key: string; region: string; service: string; token: string };

/** What the session token of an assumed role says, so that nothing of it has to be kept. */
const Session = z.object({
  account: z.string().regex(/^\d{12}$/),
  role: z.string(),
  name: z.string(),
  sourceIdentity: z.string().optional(),
  expiresAt: z.number(),
  /** Sessions of earlier generations have been ended all at once. */
  generation: z.int(),
});
export type Session = z.infer<typeof Session>;

/** Undefined: not signed as AWS wants it. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signatureOf(headers: Readonly<Record<string, string | string[] | undefined>>): Signature | undefined {
  const { authorization, 'x-amz-security-token': token } = headers;
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/([a-z0-9-]+)\/aws4_request/.exec(String(authorization ?? ''));
  if (scope === null) return undefined;
  const [, key = '', region = '', service = ''] = scope;
  return { key, region, service, token: typeof token === 'string' ? token : '' };
}

/** Keys for a session: the account stands in the key itself, as it does in AWS's. */
export function keysFor(session: Session): { accessKeyId: string; secretAccessKey: string; sessionToken: string } {
  return {
    accessKeyId: `ASIA${session.account}${randomBytes(2).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: Buffer.from(JSON.stringify(session)).toString('base64url'),
  };
}

/** `base`: not the keys of a session. `none`: they look so, but their token is missing or somebody else's. */
export function sessionOf({
  key,
  token,
}: Signature): { kind: 'base' } | { kind: 'none' } | { kind: 'session'; session: Session } {
  const account = /^ASIA(\d{12})/.exec(key)?.[1];
  if (account === undefined) return { kind: 'base' };
  try {
    const session = Session.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
    return session.account === account ? { kind: 'session', session } : { kind: 'none' };
  } catch {
    return { kind: 'none' };
  }
}
