import { Refusal } from '#errors.ts';
import type { Cloud, CloudAction, DryRunOf } from '#ports/cloud.ts';

/** The actions (`ec2:…`) that AWS does not permit, asked by one dry run each. */
export async function missingPermissions(
  cloud: Pick<Cloud, 'permits'>,
  actions: readonly CloudAction[],
  of: DryRunOf,
): Promise<readonly string[]> {
  const answers = await Promise.all(
    actions.map(async (action) => ({ action, answer: await cloud.permits(action, of) })),
  );
  return answers.filter(({ answer }) => !answer.permitted).map(({ action }) => `ec2:${action}`);
}

/** Asks AWS, by dry run, for every action a plan needs. Throws Refusal "not-permitted" that lists what is missing. */
export async function mustBePermitted(
  cloud: Pick<Cloud, 'permits'>,
  actions: readonly CloudAction[],
  of: DryRunOf,
): Promise<void> {
  const missing = await missingPermissions(cloud, actions, of);
  if (missing.length === 0) return;
  throw new Refusal(
    'not-permitted',
    `AWS does not let Deckhand do this: ${missing.join(', ')} is missing. Ask whoever owns its IAM role to add it (docs/iam-policy.json lists all), then ask again.`,
    { missing },
  );
}
