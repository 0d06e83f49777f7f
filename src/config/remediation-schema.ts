import { z } from 'zod';

import { type ServerRule, serverCures } from '#ports/settings.ts';

import { cron, duration, name, named, section, selector, timezone } from './fields.ts';
import { toWindow } from './monitoring-schema.ts';
import { auto, needsAnother, toAuto } from './remedies-schema.ts';

/** `remediation` of deckhand.yml: what may be done to servers without being asked. */

const window = section({
  cron: cron.describe('Begin of each window'),
  duration: duration('1m', '7d').describe('How long each lasts'),
  timezone: timezone.default('UTC').describe('Time zone of `cron`'),
});

const rule = section({
  name: name('reboot-web').describe('Unique short name; threads name it'),
  select: selector.describe('Which servers, as typed after `/fleet`; looked up anew right before each try'),
  remedy: z
    .enum(serverCures, { error: `Expected one of ${serverCures.join(', ')}.` })
    .describe('What is done, and only where the alert proposes it'),
  ...auto.shape,
  window: window.optional().describe('Only begun in these times; unset = at any time'),
}).superRefine((of, context) => {
  if ((of.remedy === 'restore' || of.remedy === 'replace') && !needsAnother(of.approval))
    context.addIssue({
      code: 'custom',
      path: ['approval'],
      message: 'Expected `{ approve: 1 }`: disks are never replaced or lost without another person.',
    });
});

export const remediation = named(rule, 200, 'rule');

/** What the product reads, of a checked rule. */
export function toServerRule({ name, select, remedy, window, ...of }: z.output<typeof rule>): ServerRule {
  return {
    name,
    selector: select,
    remedy,
    auto: { ...toAuto(of), ...(window === undefined ? {} : { window: toWindow({ name, ...window }) }) },
  };
}
