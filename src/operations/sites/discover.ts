import { z } from 'zod';

import { isRefusal, Refusal } from '#errors.ts';
import { placeLabel } from '#lib/places.ts';
import { type Asking, defineAnswer } from '#operations/contract.ts';

import { discovered } from './discover-messages.ts';
import { type Found, suggest } from './suggest.ts';

export const sitesDiscoverOperation = defineAnswer<object>({
  kind: 'answer',
  name: 'sites-discover',
  command: undefined,
  summary: 'Suggests sites from load balancers and from tags of servers; adds none by itself',
  usage: '',
  examples: ['', '--region all'],
  role: 'operator',
  iam: [
    'ec2:DescribeInstances',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeListeners',
    'elasticloadbalancing:DescribeRules',
    'elasticloadbalancing:DescribeTargetGroups',
  ],
  everywhere: true,
  args: z.object({}),
  parse(words) {
    if (words.plain.length + Object.keys(words.flags).length > 0)
      throw new Refusal(
        'bad-input',
        'It takes nothing but `--account` and `--region`: `/deck sites discover --region all`.',
      );
    return {};
  },
  async answer(asking, _args, { page }) {
    const looks = await Promise.all(asking.everywhere.map(look));
    const found = looks.flatMap((one) => ('found' in one ? one.found : []));
    const blind = looks.flatMap((one) => ('why' in one ? [one] : []));
    const known = (await asking.desk.all()).flatMap(({ site }) => site ?? []);
    const { discoverTag } = asking.settings.monitoring;
    return discovered(suggest(found, known, discoverTag), { blind, page, tag: discoverTag });
  },
});

type Look = { found: Found } | { where: string; why: string };

/** One place; one that may not be read must not hide the others. */
async function look({ place, cloud, platform }: Asking['everywhere'][number]): Promise<Look> {
  const where = placeLabel(place);
  try {
    const [balancers, groups, instances] = await Promise.all([
      platform.balancers.balancers(),
      platform.balancers.targetGroups(),
      cloud.instances({}),
    ]);
    const served = [];
    for (const balancer of balancers)
      served.push({ balancer, listeners: await platform.balancers.listeners(balancer.arn) });
    return { found: { where, balancers: served, groups, instances } };
  } catch (error) {
    if (isRefusal(error)) return { where, why: error.message };
    throw error;
  }
}
