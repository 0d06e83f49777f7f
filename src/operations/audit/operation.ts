import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { some } from '#lib/format.ts';
import { defineAnswer } from '#operations/contract.ts';
import type { AuditEntry } from '#ports/history.ts';
import type { Button, Line, Piece } from '#ports/text.ts';

const AuditArgs = z.object({ run: z.string().optional(), actor: z.string().optional() });
const pageSize = 15;

export const auditOperation = defineAnswer<z.infer<typeof AuditArgs>>({
  kind: 'answer',
  name: 'audit',
  command: undefined,
  summary: 'Who asked, approved, denied and did what',
  usage: '[run or @person]',
  examples: ['', 'r-0123456789'],
  role: 'viewer',
  iam: [],
  args: AuditArgs,
  parse(words) {
    const [of] = words.plain;
    if (of === undefined) return {};
    if (/^r-[0-9a-z]{10}$/.test(of)) return { run: of };
    const user = /^(?:<@)?([UW][A-Z0-9]{2,})(?:\|[^>]*)?>?$/.exec(of);
    if (user !== null) return { actor: user[1]! };
    throw new Refusal(
      'bad-input',
      `\`${of.slice(0, 40)}\` is neither a run (\`r-0123456789\`) nor a person. Leave it out to see the latest.`,
    );
  },
  async answer(asking, { run, actor }, { page }) {
    const of = { ...(run === undefined ? {} : { run }), ...(actor === undefined ? {} : { actor }) };
    const entries = await asking.history.audit.list({ limit: (page + 1) * pageSize + 1, ...of });
    const shown = entries.slice(page * pageSize, (page + 1) * pageSize);
    const buttons: Button[] = [
      ...(page > 0 ? [{ verb: 'previous', label: 'Newer' } as const] : []),
      ...(entries.length > (page + 1) * pageSize ? [{ verb: 'next', label: 'Older' } as const] : []),
    ];
    const items = shown.length === 0 ? ['Nothing is recorded yet.'] : shown.map(line);
    return { alert: 'Audit', title: 'Audit', sections: [{ kind: 'list', items }], buttons };
  },
});

function line(entry: AuditEntry): Line {
  const who: Piece = /^[UW][A-Z0-9]+$/.test(entry.actor) ? { user: entry.actor } : entry.actor;
  const what = [entry.operation ?? '', entry.run ?? '', some(entry.targets, 3), entry.detail.slice(0, 150)]
    .filter((part) => part !== '')
    .join(' · ');
  return [{ at: entry.at, style: 'datetime' }, ' ', who, ' ', { bold: entry.kind }, what === '' ? '' : ` · ${what}`];
}
