import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { z } from 'zod';

import { diceOf } from '#sandbox/ec2/chance.ts';
import { readRequest, send } from '#sandbox/ec2/door.ts';
import type { Form } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import { document, stsErrorDocument, type XmlFields } from '#sandbox/ec2/xml.ts';
import type { ControlAnswer } from '#sandbox/parts.ts';

import { keysFor, type Session, sessionOf, type Signature } from './keys.ts';

/** A role that may be assumed: by whoever has base keys, with its external id where it has one. */
export type Role = { arn: string; externalId?: string };

export const StsFaults = z.strictObject({
  /** ARNs or account ids nobody may assume a role of; `*` = none at all. */
  deny: z.array(z.string().min(1)).optional(),
  /** Trust policies without sts:SetSourceIdentity. */
  denySourceIdentity: z.boolean().optional(),
  /** All sessions given out until now are over at once. */
  expire: z.literal(true).optional(),
});
export type StsFaults = z.infer<typeof StsFaults>;

/** How many sessions the dump shows. */
const mostShown = 50;
/** Seconds. Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const duration = { least: 900, most: 43_200, chained: 3_600, usual: 3_600 };
const sessionName = /^[\w+=,.@-]{2,64}$/;

/** A make-believe STS: gives out keys for roles of other accounts and says when they are over. */
export function createSts(of: { roles: readonly Role[]; home: string; now: () => number }) {
  let faults: StsFaults = {};
  let generation = 0;
  let assumed: readonly Omit<Session, 'generation'>[] = [];

  function isOver(session: Session): boolean {
    return of.now() >= session.expiresAt || session.generation < generation;
  }

  async function serve(request: IncomingMessage, response: ServerResponse, by: Signature): Promise<void> {
    const requestId = randomUUID();
    try {
      const form = await readRequest(request);
      if (form === undefined) throw new Problem('RequestEntityTooLarge', 'The request is too large.');
      const action = form.get('Action') ?? '';
      const fields = answer(action, form, by);
      const result = { [`${action}Result`]: fields, ResponseMetadata: { RequestId: requestId } };
      const xml = document(`${action}Response`, namespace, result, diceOf(requestId));
      send(response, 200, xml, requestId);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      send(response, error.status, stsErrorDocument(error.code, error.message, requestId), requestId);
    }
  }

  function answer(action: string, form: Form, by: Signature): XmlFields {
    const caller = callerOf(by);
    if (action === 'GetCallerIdentity')
      return { Arn: caller.arn, UserId: 'AROASANDBOXSANDBOXSAN:sandbox', Account: caller.account };
    if (action === 'AssumeRole') return assume(form, caller);
    throw new Problem('InvalidAction', `The action ${action} is not valid for this web service.`);
  }

  function callerOf(by: Signature): { arn: string; account: string; session: Session | undefined } {
    const found = sessionOf(by);
    if (found.kind === 'none')
      throw new Problem('InvalidClientTokenId', 'The security token included in the request is invalid.', 403);
    if (found.kind === 'base')
      return {
        arn: `arn:aws:sts::${of.home}:assumed-role/deckhand-host/sandbox`,
        account: of.home,
        session: undefined,
      };
    const { session } = found;
    if (isOver(session))
      throw new Problem('ExpiredToken', 'The security token included in the request is expired', 403);
    return { arn: assumedArn(session), account: session.account, session };
  }

  function assume(form: Form, caller: ReturnType<typeof callerOf>): XmlFields {
    const arn = form.get('RoleArn') ?? '';
    const name = form.get('RoleSessionName') ?? '';
    const sourceIdentity = form.get('SourceIdentity');
    const seconds = Number(form.get('DurationSeconds') ?? duration.usual);
    if (!/^arn:aws:iam::\d{12}:role\/.+/.test(arn)) throw invalid(`${arn} is invalid`);
    if (!sessionName.test(name)) throw invalid(`Value '${name}' at 'roleSessionName' failed to satisfy constraint`);
    if (sourceIdentity !== undefined && !sessionName.test(sourceIdentity))
      throw invalid(`Value '${sourceIdentity}' at 'sourceIdentity' failed to satisfy constraint`);
    if (!(seconds >= duration.least && seconds <= duration.most))
      throw invalid(`Value '${seconds}' at 'durationSeconds' failed to satisfy constraint`);
    if (caller.session !== undefined && seconds > duration.chained)
      throw invalid(
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
      );
    const refused = (permission: string) =>
      new Problem(
        'AccessDenied',
        `User: ${caller.arn} is not authorized to perform: ${permission} on resource: ${arn}`,
        403,
      );
    const role = of.roles.find((one) => one.arn === arn);
    if (role === undefined || role.externalId !== form.get('ExternalId') || isDenied(arn))
      throw refused('sts:AssumeRole');
    if (sourceIdentity !== undefined && faults.denySourceIdentity === true) throw refused('sts:SetSourceIdentity');
    return given({ arn, name, sourceIdentity: sourceIdentity ?? caller.session?.sourceIdentity, seconds });
  }

  function isDenied(arn: string): boolean {
    return (faults.deny ?? []).some((one) => one === '*' || one === arn || one === arn.split(':')[4]);
  }

  function given(asked: { arn: string; name: string; sourceIdentity: string | undefined; seconds: number }): XmlFields {
    const { arn, name, sourceIdentity, seconds } = asked;
    const session: Session = {
      account: arn.split(':')[4] ?? '',
      role: arn.split('/').at(-1) ?? '',
      name,
      ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
      expiresAt: of.now() + seconds * 1_000,
      generation,
    };
    const { generation: _internal, ...shown } = session;
    assumed = [...assumed.slice(1 - mostShown), shown];
    const keys = keysFor(session);
    return {
      AssumedRoleUser: { Arn: assumedArn(session), AssumedRoleId: `AROASANDBOXSANDBOXSAN:${name}` },
      Credentials: {
        AccessKeyId: keys.accessKeyId,
        SecretAccessKey: keys.secretAccessKey,
        SessionToken: keys.sessionToken,
        Expiration: new Date(session.expiresAt).toISOString(),
      },
      SourceIdentity: sourceIdentity,
    };
  }

  return {
    handle: serve,
    isOver,
    dump: () => ({ assumed, faults }),
    clear: () => {
      faults = {};
    },
    faults: ({ expire, ...more }: StsFaults): ControlAnswer => {
      if (expire === true) generation += 1;
      faults = { ...faults, ...more };
      return { status: 200, body: { ok: true, faults } };
    },
  };
}

const namespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

function assumedArn({ account, role, name }: Session): string {
  return `arn:aws:sts::${account}:assumed-role/${role}/${name}`;
}

function invalid(message: string): Problem {
  return new Problem('ValidationError', message);
}
