import { z } from 'zod';

import type { ApprovalRule } from '#ports/roles.ts';

import { duration, section, whole } from './fields.ts';

/** A week is the most that a plan stays believable; seconds are for trying it out. */
const expiry = duration('1s', '7d');
const confirmExpiresMs = 30 * 60_000;

/** What must happen before a change runs, as people write it. */
export const approval = z.union(
  [
    z.literal('none'),
    z.literal('confirm'),
    section({
      approve: whole(1, 10).describe('How many other people must approve'),
      role: z
        .enum(['operator', 'approver'], { error: 'Expected operator or approver.' })
        .prefault('approver')
        .describe('The role they need'),
      expires: expiry.prefault('4h').describe('How long the request waits for them'),
    }),
  ],
  { error: 'Expected `none`, `confirm`, or `{ approve: 1, role: approver, expires: 4h }`.' },
);

/** What the product reads, of a checked rule. */
export function toRule(rule: z.output<typeof approval>): ApprovalRule {
  if (rule === 'none') return { kind: 'none' };
  if (rule === 'confirm') return { kind: 'confirm', expiresMs: confirmExpiresMs };
  return { kind: 'approve', count: rule.approve, role: rule.role, expiresMs: rule.expires };
}
