import { z } from 'zod';

import { isRefusal, Refusal } from '#errors.ts';

import { createSender, type SenderOptions } from './sender.ts';
import { sts } from './services.ts';
import type * as StsSdk from './sts-sdk.ts';

/** A role, and as whom it is assumed. */
export type Session = {
  role: string;
  externalId: string | undefined;
  /** What deckhand.yml calls the account, for messages. */
  account: string;
  /** Stands in the ARN that CloudTrail shows. */
  name: string;
  sourceIdentity: string | undefined;
};
export type SessionKeys = { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date };
/** A credential provider as the SDK's clients take it. */
export type Keys = (options?: { forceRefresh?: boolean }) => Promise<SessionKeys>;

export type Sessions = {
  /** Asks AWS when first used, and again before the keys end. Throws Refusal "not-permitted" when AWS lets nobody in. */
  keys: (of: Session) => Keys;
  close: () => void;
};

/** A role assumed by a role lasts an hour at most, and most base credentials are a role's. Source:
 *  https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const lastsSeconds = 3_600;
/** More than the five minutes before the end at which the SDK asks for new ones. */
const renewBeforeMs = 6 * 60_000;
/** Sessions remembered; the longest known goes first. */
const mostKept = 500;

/** Assumes roles with the base credentials; one session for all who ask for the same. `region`: whose STS is asked. */
export function createSessions(options: SenderOptions): Sessions {
  const { clock } = options;
  const sender = createSender({ service: sts, load: () => import('./sts-sdk.ts') }, options);
  const kept = new Map<string, SessionKeys>();
  const pending = new Map<string, Promise<SessionKeys>>();

  function keys(of: Session): Keys {
    const id = JSON.stringify(of);
    return async ({ forceRefresh = false } = {}) => {
      const known = kept.get(id);
      if (known !== undefined && !forceRefresh && isGood(known)) return known;
      const asked = pending.get(id) ?? assume(id, of).finally(() => pending.delete(id));
      pending.set(id, asked);
      return asked;
    };
  }

  function isGood({ expiration }: SessionKeys): boolean {
    return expiration.getTime() - clock.now() > renewBeforeMs;
  }

  async function assume(id: string, of: Session): Promise<SessionKeys> {
    const { role, name, externalId, sourceIdentity } = of;
    const input = {
      RoleArn: role,
      RoleSessionName: name,
      DurationSeconds: lastsSeconds,
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
      ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
    };
    const call = { action: 'AssumeRole', command: (sdk: typeof StsSdk) => new sdk.AssumeRoleCommand(input) };
    const keys = await sender.send(call, AssumedRole).catch((error: unknown) => {
      throw notLetIn(error, of);
    });
    const [oldest] = kept.keys();
    if (kept.size >= mostKept && oldest !== undefined) kept.delete(oldest);
    kept.delete(id);
    kept.set(id, keys);
    return keys;
  }

  return { keys, close: sender.close };
}

const AssumedRole = z
  .object({
    Credentials: z.object({
      AccessKeyId: z.string(),
      SecretAccessKey: z.string(),
      SessionToken: z.string(),
      Expiration: z.date(),
    }),
  })
  .transform(({ Credentials: of }): SessionKeys => ({
    accessKeyId: of.AccessKeyId,
    secretAccessKey: of.SecretAccessKey,
    sessionToken: of.SessionToken,
    expiration: of.Expiration,
  }));

/** That AWS refused the role, in words an administrator can act on. */
function notLetIn(error: unknown, { role, account, externalId, sourceIdentity }: Session): unknown {
  if (!isRefusal(error) || error.data['awsCode'] !== 'AccessDenied') return error;
  const actions = sourceIdentity === undefined ? 'sts:AssumeRole' : 'sts:AssumeRole and sts:SetSourceIdentity';
  const condition = externalId === undefined ? '' : ' with the external id that stands in deckhand.yml';
  return new Refusal(
    'not-permitted',
    `Deckhand may not assume the role ${role} of account ${account}. Its trust policy must allow ${actions}${condition} to the identity that Deckhand runs as, and that identity's own policy must allow the same on the role. docs/install.md has both, ready to copy.`,
    { ...error.data, role },
    { cause: error },
  );
}
