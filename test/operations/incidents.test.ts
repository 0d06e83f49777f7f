import { describe, expect, it } from 'vitest';

import { readWords } from '#lib/words.ts';
import {
  incidentsAckOperation,
  incidentsAssignOperation,
  incidentsSilenceOperation,
} from '#operations/incidents/acts.ts';
import { findOpen } from '#operations/incidents/find.ts';
import { listOf } from '#operations/incidents/messages.ts';
import type { IncidentRecord } from '#ports/history.ts';

const now = 1_800_000_000_000;
const open = (id: string, key: string, title: string, more: Partial<IncidentRecord> = {}) =>
  ({
    id,
    key,
    startedAt: now - 60_000,
    channel: 'C1',
    report: { title, severity: 'critical' },
    ...more,
  }) as IncidentRecord;
const all = [
  open('inc-1', 'site:shop', 'Site down · shop'),
  open('inc-2', 'instance:i-0123456789abcdef0', 'EC2 status check failed · web-1 (i-0123456789abcdef0)'),
  open('inc-3', 'event:i-0123456789abcdef1', 'AWS plans system-reboot · db-1 (i-0123456789abcdef1)'),
  open('inc-4', 'instance:i-0123456789abcdef1', 'EC2 server stopped · db-1 (i-0123456789abcdef1)'),
  open('inc-5', 'servers@prod/eu-west-1:zone eu-west-1a', '5 EC2 servers impaired · zone eu-west-1a'),
];

describe('the alert that somebody means', () => {
  it.each([
    ['inc-4', 'inc-4'],
    ['INC-4', 'inc-4'],
    ['shop', 'inc-1'],
    ['web-1', 'inc-2'],
    ['Web-1', 'inc-2'],
    ['i-0123456789abcdef0', 'inc-2'],
    ['zone eu-west-1a', 'inc-5'],
  ])('%s is %s', (typed, id) => {
    expect(findOpen(all, typed).id).toBe(id);
  });

  it('is asked for by id where several are about the same, and what is open is named where none is', () => {
    expect(() => findOpen(all, 'db-1')).toThrow(/by its id: `inc-3` AWS plans .*; `inc-4` EC2 server stopped/);
    expect(() => findOpen(all, 'we')).toThrow(/No open alert is about "we". Open are: `inc-1` Site down/);
    expect(() => findOpen([], 'shop')).toThrow(/No alert is open/);
  });
});

describe('the commands for alerts', () => {
  const read = (text: string) => readWords(text);

  it('understand whom and for how long', () => {
    expect(incidentsAckOperation.parse(read('web 1'))).toEqual({ of: 'web 1' });
    expect(incidentsAssignOperation.parse(read('zone eu-west-1a <@U0ANA|ana>'))).toEqual({
      of: 'zone eu-west-1a',
      person: 'U0ANA',
    });
    expect(incidentsAssignOperation.parse(read('shop &lt;@U0ANA|ana maria&gt;'))).toEqual({
      of: 'shop',
      person: 'U0ANA',
    });
    expect(incidentsSilenceOperation.parse(read('shop'))).toEqual({ of: 'shop', forMs: undefined });
    expect(incidentsSilenceOperation.parse(read('shop 2h'))).toEqual({ of: 'shop', forMs: 7_200_000 });
  });

  it.each([
    [incidentsAckOperation, '', /Say which alert/],
    [incidentsAckOperation, 'shop --region x', /`--region` is no option/],
    [incidentsAssignOperation, 'shop', /Say to whom, last/],
    [incidentsAssignOperation, 'shop ana', /Say to whom, last/],
    [incidentsAssignOperation, 'shop <!subteam^S0OPS|@ops>', /choose one person/],
    [incidentsAssignOperation, 'shop <@U0ANA|ana> <@U0BOB|bob>', /choose one person/],
    [incidentsAssignOperation, '<@U0ANA|ana>', /Say which alert/],
    [incidentsSilenceOperation, 'shop 30d', /from 1m to 7d/],
    [incidentsSilenceOperation, 'shop 1s', /from 1m to 7d/],
  ])('%# refuse what they do not understand', (operation, text, why) => {
    expect(() => operation.parse(read(text))).toThrow(why);
  });

  it('list what is open, the oldest first, in pages', () => {
    const many = Array.from({ length: 12 }, (_, at) =>
      open(`inc-${at}`, `site:s${at}`, `Site down · s${at}`, { startedAt: at }),
    );
    const first = listOf([open('inc-x', 'site:x', 't', { acknowledgedBy: 'U1', silencedUntil: now + 1 }), ...many], {
      page: 0,
      now,
    });
    const second = listOf(many, { page: 1, now });

    expect(JSON.stringify(first)).toMatch(/inc-0.*nobody has taken it.*inc-9/);
    expect(first.buttons?.map(({ verb }) => verb)).toEqual(['next', 'refresh']);
    expect(JSON.stringify(second)).toMatch(/inc-10.*inc-11/);
    expect(second.buttons?.map(({ verb }) => verb)).toEqual(['previous', 'refresh']);
    expect(
      JSON.stringify(
        listOf([open('inc-x', 'site:x', 't', { acknowledgedBy: 'U1', silencedUntil: now + 1 })], { page: 0, now }),
      ),
    ).toMatch(/taken by .*U1.*silenced until/);
    expect(JSON.stringify(listOf([], { page: 0, now }))).toContain('No alert is open');
  });
});
