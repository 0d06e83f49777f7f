import { z } from 'zod';

import { Refusal } from '#errors.ts';
import type { Words } from '#lib/words.ts';
import { type Asking, type ChangeOperation, defineChange } from '#operations/contract.ts';
import type { Story } from '#operations/story-contract.ts';
import type { FormField } from '#ports/chat.ts';
import { pausePrefix, type SiteDesk, type SiteFields, sitePrefix } from '#ports/managed-sites.ts';
import type { Site } from '#ports/site-settings.ts';

import { parseAdd, parseEdit, parseOne } from './arguments.ts';
import { formFields, formLine, siteField } from './form.ts';
import { changed, looked, noServer, planned } from './messages.ts';
import { changeable, differences, faultsIn, ofTheFile, readOrRefuse, type SitePlan } from './plan.ts';

const isFields = (value: unknown) => typeof value === 'object' && value !== null;
/** `typed` by a person, or `exact` for an undo: exactly these fields, null = no such site. */
const Args = z.object({
  name: z.string(),
  typed: z.record(z.string(), z.string()).optional(),
  exact: z.custom<SiteFields>(isFields).nullable().optional(),
});
type Args = z.infer<typeof Args>;
type Result = { at: number };

const base = {
  kind: 'change',
  command: undefined,
  role: 'operator',
  iam: [],
  approval: { kind: 'confirm', expiresMs: 30 * 60_000 },
  args: Args,
  check: async (asking, plan) => differences(plan, await asking.desk.all()),
  resources: ({ name }) => [`site:${name}`],
  stages: ({ after }) => [after === null ? 'Take the site out' : 'Store the site'],
  story: store,
  words: { planned, done: changed },
  inverse: ({ name, before }) => ({ label: 'Undo', args: { name, exact: before } }),
} satisfies Partial<ChangeOperation<Args, SitePlan, Result>>;

export const sitesAddOperation = defineChange<Args, SitePlan, Result>({
  ...base,
  name: 'sites-add',
  summary: 'Watch another site, from now on and without a restart',
  usage: '<name> <address> [--field value …]',
  examples: [
    'shop https://shop.example.com',
    'api https://api.example.com/health --interval 30s --statuses 200 --slow 2s',
  ],
  parse: parseAdd,
  form: {
    title: 'Watch a site',
    submit: 'Check and show',
    fields: formFields(undefined),
    line: (values) => `${values['name'] ?? ''} ${values['url'] ?? ''} ${formLine(values, ['name', 'url'], false)}`,
    check: (args, desk) => faultsByField(args, desk, 'add'),
  },
  async plan(asking, args) {
    const all = await asking.desk.all();
    if (args.exact !== undefined) return backTo(all, args, asking.now);
    mustBeNew(all, args.name, asking.desk);
    await mustBeAlone(asking, args.name);
    const { site, fields } = readOrRefuse(asking, all, { name: args.name, typed: args.typed ?? {}, before: {} });
    return {
      name: args.name,
      before: null,
      after: fields,
      now: asking.now,
      remarks: await remarksOn(site, asking.desk),
    };
  },
});

export const sitesEditOperation = defineChange<Args, SitePlan, Result>({
  ...base,
  name: 'sites-edit',
  summary: 'Change a site that was added in Slack',
  usage: '<name> [--field value …]',
  examples: ['shop --interval 30s --contains "Add to cart"', 'shop --slow ""'],
  parse: parseEdit,
  form: {
    title: 'Change a site',
    submit: 'Check and show',
    fields: [{ kind: 'text', id: 'name', label: 'Name', placeholder: 'shop' }, ...formFields(undefined).slice(1)],
    fill,
    line: (values) => `${values['name'] ?? ''} ${formLine(values, ['name'], true)}`,
    check: (args, desk) => faultsByField(args, desk, 'edit'),
  },
  async plan(asking, args) {
    const all = await asking.desk.all();
    if (args.exact !== undefined) return backTo(all, args, asking.now);
    const before = changeable(all, args.name, asking.desk).fields;
    const { site, fields: after } = readOrRefuse(asking, all, { name: args.name, typed: args.typed ?? {}, before });
    if (JSON.stringify(before) === JSON.stringify(after))
      throw new Refusal('bad-input', `\`${args.name}\` is like that already, so there is nothing to change.`);
    return { name: args.name, before, after, now: asking.now, remarks: await remarksOn(site, asking.desk) };
  },
});

export const sitesRemoveOperation = defineChange<Args, SitePlan, Result>({
  ...base,
  name: 'sites-remove',
  summary: 'Watch a site that was added in Slack no longer',
  usage: '<name>',
  examples: ['shop'],
  parse: (words) => parseOne(words, 'remove'),
  form: {
    title: 'Stop watching a site',
    submit: 'Show the plan',
    fields: [siteField],
    line: ({ site = '' }) => site,
    async check({ name }, desk) {
      const known = await desk.all();
      const isOurs = known.some((site) => site.name === name && site.from !== 'file');
      return isOurs ? {} : { site: ofTheFile(name, desk).replaceAll('`', '') };
    },
  },
  async plan(asking, args) {
    const all = await asking.desk.all();
    if (args.exact !== undefined) return backTo(all, args, asking.now);
    const { fields } = changeable(all, args.name, asking.desk);
    const children = all.filter(({ site }) => site?.parent === args.name).map(({ name }) => name);
    if (children.length > 0)
      throw new Refusal(
        'conflict',
        `\`${args.name}\` is the parent of ${children.slice(0, 5).join(', ')}. Change those first: \`/deck sites edit ${children[0]} --parent ""\`.`,
      );
    return { name: args.name, before: fields, after: null, now: asking.now };
  },
});

/** One row holds all of it, so it is there or not; a repeated step writes the same again. */
async function store({ stage, step, undo, kept, order }: Story, plan: SitePlan): Promise<Result> {
  stage(0);
  undo('put the site back as it was', () => write(kept, plan.name, plan.before, order), `/deck sites`);
  await step('store', () => write(kept, plan.name, plan.after, order));
  return { at: order.requestedAt };
}

async function write(
  kept: Story['kept'],
  name: string,
  fields: SiteFields | null,
  { requester, requestedAt }: Pick<Story['order'], 'requester' | 'requestedAt'>,
): Promise<void> {
  if (fields === null) return kept.forget([`${sitePrefix}${name}`, `${pausePrefix}${name}`]);
  await kept.save(new Map([[`${sitePrefix}${name}`, { fields, by: requester, at: requestedAt }]]));
}

function backTo(all: Awaited<ReturnType<SiteDesk['all']>>, { name, exact = null }: Args, now: number): SitePlan {
  const here = all.find((site) => site.name === name && site.from !== 'file');
  return { name, before: here?.fields ?? null, after: exact, now };
}

/** Of two that wait for a yes, the second one would be refused only after that. */
async function mustBeAlone({ history }: Pick<Asking, 'history'>, name: string): Promise<void> {
  const waiting = await history.runs.recent({ limit: 100, states: ['waiting'], operation: 'sites-add' });
  const other = waiting.find(({ order }) => Args.safeParse(order.args).data?.name === name);
  if (other !== undefined)
    throw new Refusal(
      'conflict',
      `\`${name}\` is to be added already: run \`${other.order.id}\` waits for its confirmation. Confirm or cancel it on its card, or choose another name.`,
    );
}

/** The longest that somebody waits for a plan because of the look at its site. */
const longestLookMs = 5_000;

/** One look at it, as it will be, and whether its server is known: better now than in an alert. */
async function remarksOn(site: Site, desk: SiteDesk): Promise<readonly string[]> {
  const { instance, deadlineMs } = site;
  const [look, why] = await Promise.all([
    desk.probe({ ...site, deadlineMs: Math.min(deadlineMs, longestLookMs) }),
    instance === undefined ? undefined : desk.whyNoServer(instance),
  ]);
  return [looked(look), ...(instance === undefined || why === undefined ? [] : [noServer(instance, why)])];
}

function mustBeNew(all: Awaited<ReturnType<SiteDesk['all']>>, name: string, desk: SiteDesk): void {
  const known = all.find((site) => site.name === name);
  if (known?.from === 'file') throw new Refusal('conflict', ofTheFile(name, desk));
  if (known !== undefined)
    throw new Refusal(
      'conflict',
      `There is a site \`${name}\`. Change it with \`/deck sites edit ${name}\`, or choose another name.`,
    );
}

/** A line that names a site and no change opens the form with what it has now. */
async function fill(words: Words, desk: SiteDesk): Promise<readonly FormField[] | undefined> {
  const [name] = words.plain;
  if (words.plain.length !== 1 || Object.keys(words.flags).length > 0 || name === undefined) return undefined;
  return formFields(changeable(await desk.all(), name, desk));
}

async function faultsByField(args: Args, desk: SiteDesk, how: 'add' | 'edit'): Promise<Record<string, string>> {
  const all = await desk.all();
  const { name, typed = {} } = args;
  if (how === 'add' && all.some((site) => site.name === name)) return { name: 'There is a site of this name already.' };
  const before = how === 'add' ? {} : changeable(all, name, desk).fields;
  const read = desk.readTyped(typed, before);
  const faults = faultsIn(all, { name, typed, before }, { read, refuses: desk.refuses });
  const shown = formFields(undefined).map(({ id }) => id);
  return Object.fromEntries(
    faults.map(({ field, message }) => {
      const [id = ''] = field.split(/[.[]/);
      return [shown.includes(id) ? id : 'more', message.replaceAll('`', '')];
    }),
  );
}
