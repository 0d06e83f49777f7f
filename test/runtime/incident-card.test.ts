import { describe, expect, it } from 'vitest';

import type { IncidentRecord } from '#ports/history.ts';
import { renderEscalation, renderIncident } from '#runtime/incident-card.ts';

const now = 1_800_000_000_000;
const report = {
  severity: 'critical',
  title: 'EC2 status check failed · web-1',
  alert: 'web-1: instance status check impaired',
  facts: [['Failing', 'instance status check']],
  detail: [],
  remedies: [
    { label: 'Reboot', operation: 'restart', line: 'i-1', style: 'primary' },
    { label: 'Restore…', operation: 'restore', line: 'i-1', style: 'danger' },
  ],
};
const anIncident = (change: Partial<IncidentRecord> = {}): IncidentRecord =>
  ({ id: 'inc-1', state: 'open', channel: 'C1', startedAt: now - 600_000, updatedAt: now, report, ...change }) as never;
const shown = (change: Partial<IncidentRecord>, at = now) => {
  const card = renderIncident(anIncident(change), at);
  return { said: JSON.stringify(card.sections[0]), buttons: card.buttons?.map(({ verb }) => verb), card };
};

describe('the card of an incident', () => {
  it('says how bad it is in words, since when, and that nobody has taken it; Acknowledge stands out', () => {
    const { said, buttons, card } = shown({});

    expect([card.title, card.alert]).toEqual([
      'CRITICAL · EC2 status check failed · web-1',
      'CRITICAL: web-1: instance status check impaired',
    ]);
    expect(said).toContain(`"at":${now - 600_000}`);
    expect(said).toContain('Nobody has taken it yet');
    expect(buttons).toEqual(['acknowledge', 'silence', 'remedy-1', 'remedy-2', 'assign']);
    expect(card.buttons?.filter(({ style }) => style === 'primary').map(({ verb }) => verb)).toEqual(['acknowledge']);
  });

  it('says who has taken it; then the best remedy stands out', () => {
    const { said, buttons, card } = shown({ acknowledgedBy: 'U1' });

    expect(said).toContain('"user":"U1"');
    expect(buttons).toEqual(['silence', 'remedy-1', 'remedy-2', 'assign']);
    expect(card.buttons?.find(({ style }) => style === 'primary')?.verb).toBe('remedy-1');
  });

  it('says to whom it was assigned and by whom, and can be handed on', () => {
    const { said, card } = shown({ acknowledgedBy: 'U1', report: { ...report, assignedBy: 'U2' } });

    expect(said).toMatch(/Assigned to .*"user":"U1".* by .*"user":"U2"/);
    expect(card.buttons?.at(-1)).toEqual({ verb: 'assign', label: 'Assign to…', people: { chosen: 'U1' } });
  });

  it('is silent until the silence ends, and can be silenced again after that', () => {
    const until = now + 3_600_000;
    expect(shown({ silencedUntil: until }).said).toContain(`Silenced until "`);
    expect(shown({ silencedUntil: until }).buttons).not.toContain('silence');

    const after = shown({ silencedUntil: until }, until);
    expect(after.said).not.toContain('Silenced');
    expect(after.buttons).toContain('silence');
  });

  it('calls a group elsewhere while nobody has taken it, with a way to it, and ends there too', () => {
    const of = { now, group: 'S1', link: 'https://slack.example/1' };
    const open = JSON.stringify(renderEscalation(anIncident(), of));
    expect(open).toMatch(/"group":"S1".*Open for 10 min, and nobody has taken it.*https:\/\/slack\.example\/1/);

    const over = renderEscalation(anIncident({ state: 'resolved', endedAt: now }), of);
    expect(JSON.stringify(over)).not.toContain('S1');
    expect(over.alert).toMatch(/^Resolved: web-1/);
  });
});
