import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { defineAnswer } from '#operations/contract.ts';

import { addressOf } from './arguments.ts';
import { siteField } from './form.ts';
import { oneOf } from './plan.ts';
import { tested } from './test-messages.ts';

type Args = { target: string };

/** Asks from where Deckhand stands, so it is for operators; private addresses are refused as for every check. */
export const sitesTestOperation = defineAnswer<Args>({
  kind: 'answer',
  name: 'sites-test',
  command: undefined,
  summary: 'Look at a site or an address once, now; changes nothing',
  usage: '<name | address>',
  examples: ['shop', 'https://shop.example.com/health'],
  role: 'operator',
  iam: [],
  args: z.object({ target: z.string() }),
  parse(words) {
    const [target, ...more] = words.plain;
    if (target === undefined || more.length > 0 || Object.keys(words.flags).length > 0)
      throw new Refusal('bad-input', 'Say one site or one address. For example: `/deck sites test shop`.');
    return { target };
  },
  form: { title: 'Look at a site', submit: 'Look now', fields: [siteField], line: ({ site = '' }) => site },
  async answer({ desk }, { target }) {
    const all = await desk.all();
    const isAddress = /[.:/]/.test(target);
    const known = isAddress ? undefined : oneOf(all, target);
    const read = isAddress
      ? desk.readTyped({ name: 'test', url: addressOf(target) }, {})
      : desk.readTyped({}, known?.fields ?? {});
    const site = known?.site ?? (read.ok ? read.site : undefined);
    if (site === undefined) {
      const faults = read.ok ? [] : read.faults;
      throw new Refusal('bad-input', faults.map(({ message }) => message).join(' '));
    }
    const shown = { ...site, name: isAddress ? new URL(site.url).host || site.url : site.name };
    return tested(shown, await desk.probe(site), site.url.replace(/[?#].*$/, ''));
  },
});
