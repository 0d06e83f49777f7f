import { createHash } from 'node:crypto';

import { matcher } from './filters.ts';
import type { Form } from './form.ts';
import { Problem } from './problems.ts';
import { tagsSomething } from './tag-rules.ts';
import type { World } from './world.ts';

export type Signer = { accessKey: string; region: string };

/**
 * Who signed, by the request's Authorization header. The signature itself is not checked, since any key is good here.
 * Throws AuthFailure without one, or for another Region than the one this EC2 is in.
 */
export function signerOf(authorization: string | undefined, region: string): Signer {
  const scope = /Credential=([^/,\s]+)\/\d{8}\/([^/]+)\/(?:ec2|sts)\/aws4_request/.exec(authorization ?? '');
  if (scope === null) throw new Problem('AuthFailure', 'AWS was not able to validate the provided access credentials');
  const signer = { accessKey: scope[1] ?? '', region: scope[2] ?? '' };
  if (signer.region !== region)
    throw new Problem(
      'AuthFailure',
      `Credential should be scoped to a valid Region, not '${signer.region}'. Use ${region}.`,
    );
  return signer;
}

export function callerArn({ account }: Pick<World, 'account'>): string {
  return `arn:aws:sts::${account}:assumed-role/deckhand/sandbox`;
}

/** Throws UnauthorizedOperation when the action, or the tagging it does on the way, is denied. */
export function authorize(world: World, action: string, form: Form, denied: readonly string[]): void {
  if (denied.length === 0) return;
  const isDenied = matcher(denied.map((one) => one.toLowerCase()));
  const wanted = tagsSomething(form) ? [action, 'CreateTags'] : [action];
  const refused = wanted.find((one) => isDenied(`ec2:${one}`.toLowerCase()));
  if (refused === undefined) return;
  const permission = `ec2:${refused}`;
  throw new Problem(
    'UnauthorizedOperation',
    `You are not authorized to perform this operation. User: ${callerArn(world)} is not authorized to perform: ${permission} on resource: ${resourceOf(world, form)} because no identity-based policy allows the ${permission} action. Encoded authorization failure message: ${encoded(permission)}`,
  );
}

const named = [
  ['VolumeId', 'volume'],
  ['SnapshotId', 'snapshot'],
  ['InstanceId', 'instance'],
  ['InstanceId.1', 'instance'],
  ['InstanceSpecification.InstanceId', 'instance'],
] as const;

function resourceOf({ region, account }: World, form: Form): string {
  for (const [parameter, type] of named) {
    const id = form.get(parameter);
    if (id !== undefined) return `arn:aws:ec2:${region}:${account}:${type}/${id}`;
  }
  return `arn:aws:ec2:${region}:${account}:*/*`;
}

/** As long as AWS's, which only sts:DecodeAuthorizationMessage can read. */
function encoded(text: string): string {
  return Array.from({ length: 16 }, (_, at) => createHash('sha512').update(`${at}${text}`).digest('base64url')).join(
    '',
  );
}
