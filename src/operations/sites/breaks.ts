import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { type ChangeOperation, defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import { maintenancePrefix } from '#ports/incidents.ts';
import type { Json } from '#ports/json.ts';
import { pausePrefix, silencePrefix } from '#ports/managed-sites.ts';

import { type BreakArgs, parseBreak, parseOne } from './arguments.ts';
import { type BreakKind, type BreakPlan, breakPlanned } from './break-messages.ts';
import { breakForm, siteField } from './form.ts';
import { oneOf } from './plan.ts';

const Args = z.object({
  names: z.array(z.string()),
  forMs: z.number().optional(),
  end: z.boolean(),
  reason: z.string().optional(),
});
const prefixes = { pause: pausePrefix, silence: silencePrefix, maintenance: maintenancePrefix } as const;

type Break = ChangeOperation<BreakArgs, BreakPlan, null>;
type Own = Pick<Break, 'summary' | 'usage' | 'examples' | 'parse'> & Partial<Pick<Break, 'form'>>;

/** Sites that are left alone for a while: they stay as they are defined, so those of deckhand.yml too. */
function defineBreak(name: string, kind: BreakKind, own: Own): Break {
  return defineChange<BreakArgs, BreakPlan, null>({
    ...own,
    kind: 'change',
    name,
    command: undefined,
    role: 'operator',
    iam: [],
    approval: { kind: 'none' },
    args: Args,
    async plan(asking, { names, forMs = null, end, reason = null }) {
      const all = await asking.desk.all();
      for (const one of names) {
        if (names[0] !== one && /^\d/.test(one) && !all.some(({ name }) => name === one))
          throw new Refusal(
            'bad-input',
            `\`${one}\` is neither a site nor a time. Times are written as \`30m\`, \`2h\` or \`3d\`.`,
          );
        mustFit(oneOf(all, one));
      }
      return { kind, names, forMs, end, reason };

      function mustFit(site: ReturnType<typeof oneOf>): void {
        const byFile = site.from === 'file' && site.pause === undefined && site.site?.paused === true;
        if (kind === 'pause' && byFile)
          throw new Refusal(
            'unsuitable',
            `\`${site.name}\` is paused in \`${asking.desk.whereIs(site.name) ?? 'deckhand.yml'}\` (\`paused: true\`). Change it there.`,
          );
        if (kind === 'pause' && end && site.pause === undefined)
          throw new Refusal('bad-input', `\`${site.name}\` is not paused. See \`/deck sites\`.`);
      }
    },
    check: async (asking, { names }) => {
      const all = await asking.desk.all();
      return names
        .filter((one) => !all.some((site) => site.name === one))
        .map((one) => `There is no site ${one} any more.`);
    },
    resources: ({ names }) => names.map((one) => `site:${one}`),
    stages: () => ['Store it'],
    story,
    words: { planned: breakPlanned, done: breakPlanned },
    inverse: (plan) =>
      plan.end
        ? undefined
        : { label: kind === 'pause' ? 'Resume' : 'End it', args: { names: [...plan.names], end: true } },
  });
}

/** What was there before comes back when it fails; a repeated step writes the same again. */
async function story({ stage, step, undo, now, kept, order }: Story, plan: BreakPlan): Promise<null> {
  stage(0);
  const since = await now();
  const keys = plan.names.map((name) => `${prefixes[plan.kind]}${name}`);
  const before = await step('look', async () =>
    [...(await kept.load(prefixes[plan.kind]))].filter(([key]) => keys.includes(key)),
  );
  undo(
    'put it back as it was',
    async () => {
      await kept.forget(keys);
      await kept.save(new Map(before));
    },
    '/deck sites',
  );
  await step('store', async () => {
    if (plan.end) return kept.forget(keys);
    const row: Json = {
      since,
      by: order.requester,
      ...(plan.forMs === null ? {} : { until: since + plan.forMs }),
      ...(plan.reason === null ? {} : { reason: plan.reason }),
    };
    await kept.save(new Map(keys.map((key) => [key, row])));
  });
  return null;
}

export const sitesPauseOperation = defineBreak('sites-pause', 'pause', {
  summary: 'Check sites no more, for a while or until they are resumed',
  usage: '<name …> [2h]',
  examples: ['shop', 'shop api 2h'],
  parse: (words) => parseBreak(words, { verb: 'pause', must: false }),
  form: breakForm({ title: 'Pause a site', open: true }),
});

export const sitesResumeOperation = defineBreak('sites-resume', 'pause', {
  summary: 'Check a paused site again',
  usage: '<name>',
  examples: ['shop'],
  parse: (words) => ({ names: [parseOne(words, 'resume').name], end: true }),
  form: { title: 'Resume a site', submit: 'Do it', fields: [siteField], line: ({ site = '' }) => site },
});

export const sitesSilenceOperation = defineBreak('sites-silence', 'silence', {
  summary: 'Tell nothing new of sites for a while; checks go on',
  usage: '<name …> <1h | end>',
  examples: ['shop 1h', 'shop end'],
  parse: (words) => parseBreak(words, { verb: 'silence', must: true }),
  form: breakForm({ title: 'Silence a site' }),
});

export const sitesMaintenanceOperation = defineBreak('sites-maintenance', 'maintenance', {
  summary: 'Planned work on sites: nothing is told meanwhile, afterwards only what has changed',
  usage: '<name …> <2h | end> [reason]',
  examples: ['shop 2h new database', 'shop end'],
  parse: (words) => parseBreak(words, { verb: 'maintenance', must: true }),
  form: breakForm({ title: 'Maintenance of a site', reason: true }),
});
