import { z } from 'zod';

import { isRefusal, Refusal } from '#errors.ts';
import { label } from '#lib/format.ts';
import { type Asking, defineChange } from '#operations/contract.ts';
import { InstanceId } from '#ports/ids.ts';
import type { Site } from '#ports/site-settings.ts';

import { done, planned } from './messages.ts';
import { actOf, choose, type FixArgs, type FixPlan, type FixRemedy, type FixResult, resourcesOf } from './plan.ts';
import { fix } from './story.ts';

const FixArgs = z.object({ site: z.string(), remedy: z.string() });
const example = '/deck fix shop container:shop';

export const fixOperation = defineChange<FixArgs, FixPlan, FixResult>({
  kind: 'change',
  name: 'fix',
  command: undefined,
  summary: 'Mend a site that is down, by one of its remedies in deckhand.yml',
  usage: '<site> [remedy]',
  examples: ['shop', 'shop container:shop', 'shop unit:nginx'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'ecs:DescribeServices',
    'ecs:UpdateService',
    'ssm:DescribeInstanceInformation',
    'ssm:GetCommandInvocation',
    'ssm:ListCommands',
    'ssm:SendCommand',
  ],
  withoutAws: true,
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  urgent: true,
  args: FixArgs,
  parse(words) {
    const flag = Object.keys(words.flags)[0];
    const [site = '', remedy = '', more] = words.plain;
    if (flag !== undefined)
      throw new Refusal('bad-input', `\`--${flag}\` is no option of fix. For example: \`${example}\`.`);
    if (site === '' || more !== undefined)
      throw new Refusal('bad-input', `Name a site, and one of its remedies. For example: \`${example}\`.`);
    return { site, remedy };
  },

  async plan(asking, args) {
    const { site, remedy } = choose(asking.settings.sites, args);
    const why = await asking.whyNotMend(site.name);
    if (why !== undefined) throw new Refusal('conflict', `${why} Nothing was done.`);
    // A container needs no AWS; the others must not act in another account than deckhand.yml says.
    if (remedy.kind !== 'container') await asking.cloud.place();
    const server = remedy.kind === 'script' ? await serverOf(asking, site) : null;
    await mustBeThere(asking, remedy, server);
    return { site: site.name, remedy: remedy.key, act: actOf(remedy), server, withinMs: remedy.withinMs };
  },
  async check(asking, plan) {
    const { remedy } = choose(asking.settings.sites, plan);
    if (JSON.stringify(actOf(remedy)) !== JSON.stringify(plan.act))
      return [`The remedy ${plan.remedy} of ${plan.site} was changed in deckhand.yml meanwhile.`];
    if (plan.act.kind !== 'container') await asking.cloud.place();
    const why = await asking.whyNotMend(plan.site);
    return why === undefined ? [] : [why];
  },
  resources: resourcesOf,
  stages: () => ['Act', 'Wait until the site is up'],
  story: fix,
  words: { planned, done },
  failures: (plan, result) => (result.helped ? [] : [done(plan, result).summary]),
});

async function serverOf(asking: Asking, site: Site): Promise<NonNullable<FixPlan['server']>> {
  const named = site.instance ?? '';
  const id = InstanceId.safeParse(named);
  const found = await asking.cloud.instances(id.success ? { ids: [id.data] } : { names: [named] });
  const [one] = found;
  if (one === undefined || found.length > 1)
    throw new Refusal(
      'not-found',
      `${found.length === 0 ? 'No server' : 'More than one server'} here is called \`${named}\`. Correct \`instance\` of ${site.name} in deckhand.yml, or name the place with \`--account\` and \`--region\`.`,
    );
  if (one.state !== 'running')
    throw new Refusal('conflict', `${label(one)} is ${one.state}, so no script can run on it. Start it first.`);
  return { id: one.id, name: one.name };
}

/** What cannot work is said before anybody is asked. */
async function mustBeThere({ platform }: Asking, remedy: FixRemedy, server: FixPlan['server']): Promise<void> {
  if (remedy.kind === 'container') await platform.containers.container(remedy.engine, remedy.container);
  if (remedy.kind === 'ecs') await platform.services.service(remedy);
  if (server === null) return;
  const [known] = await platform.scripts.managed([server.id]).catch((error: unknown) => {
    if (isRefusal(error) && error.code === 'not-found') return [];
    throw error;
  });
  if (known === undefined || !known.online)
    throw new Refusal(
      'unsuitable',
      `Systems Manager does not reach ${label(server)}: its agent is missing, stopped, or may not connect. Reboot the server instead, or log in to it.`,
    );
}
