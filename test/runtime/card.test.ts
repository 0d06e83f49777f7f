import { describe, expect, it } from 'vitest';

import { renderRun, type RunView } from '#runtime/card.ts';
import { renderMessage } from '#slack/render.ts';

const words = { title: 'Restore db-1', summary: 'Restore 1 volume of db-1', sections: [] };
const view = (change: Partial<RunView>): RunView => ({
  order: { id: 'r-0000000001', requester: 'U1', requestedAt: 0, planHash: 'abcdef0123456789' },
  place: { account: '123456789012', region: 'us-east-1' },
  state: 'waiting',
  rule: { kind: 'approve', count: 1, role: 'approver', expiresMs: 3_600_000 },
  planned: words,
  approvers: { users: ['U2'], groups: [] },
  given: [],
  freeze: undefined,
  stages: [{ label: 'Stop the server', state: 'waiting' }],
  startedAt: undefined,
  endedAt: undefined,
  endedBy: undefined,
  outcome: undefined,
  reason: undefined,
  failedUndo: [],
  tally: '',
  touched: false,
  undoLabel: undefined,
  undoing: false,
  ...change,
});
const approved = { verdict: 'approved', by: 'U2', at: 1, planHash: 'h' } as const;

describe('a plan in a freeze', () => {
  const freeze = { name: 'the big sale', until: 86_400_000 };
  it('warns of it, and stays approvable', () => {
    const message = renderRun(view({ freeze }));
    expect(JSON.stringify(message)).toMatch(/Freeze: the big sale.*only with what cannot wait/);
    expect(message.buttons?.map(({ verb }) => verb)).toEqual(['approve', 'deny', 'cancel']);
  });

  it('says no more of it once it runs', () => {
    expect(JSON.stringify(renderRun(view({ freeze, state: 'running', startedAt: 1 })))).not.toMatch(/Freeze/);
  });
});

describe('the card of a run', () => {
  it('shows what stands in backticks as code, in whatever section', () => {
    const line = 'Read `/deck console web-1`.';
    const sections = [
      { kind: 'text', lines: [line] },
      { kind: 'list', items: [line] },
      { kind: 'note', line },
      { kind: 'facts', facts: [['Next', line]] },
    ] as const;

    const text = JSON.stringify(renderRun(view({ state: 'done', outcome: { ...words, sections } })));

    expect(text.match(/\{"code":"\/deck console web-1"\}/g)).toHaveLength(4);
    expect(text).not.toContain('`');
  });

  it.each<[string, Partial<RunView>, RegExp, string[]]>([
    ['asks another person', {}, /needs approval/, ['approve', 'deny', 'cancel']],
    ['asks the person', { rule: { kind: 'confirm', expiresMs: 1 } }, /confirm\?/, ['confirm', 'cancel']],
    ['asks nobody', { rule: { kind: 'none' } }, /starting/, []],
    ['starts once it is approved', { given: [approved] }, /starting/, []],
    [
      'waits for the second of two',
      { given: [approved], rule: { kind: 'approve', count: 2, role: 'approver', expiresMs: 1 } },
      /needs approval/,
      ['approve', 'deny', 'cancel'],
    ],
    ['runs', { state: 'running', startedAt: 1 }, /running/, []],
    ['is being undone', { state: 'running', startedAt: 1, undoing: true }, /failed, being undone/, []],
    ['is done and can be undone', { state: 'done', startedAt: 1, endedAt: 2, undoLabel: 'Undo' }, /done/, ['undo']],
    ['failed before anything changed', { state: 'undone' }, /failed, nothing changed/, []],
    [
      'needs a person',
      { state: 'stuck', failedUndo: [{ name: 'start it', why: 'no room', manual: 'aws ec2 start-instances' }] },
      /NEEDS A PERSON/,
      [],
    ],
    ['expired', { state: 'expired' }, /expired/, []],
  ])('that %s says so in title and push line, with only the buttons that fit', (_what, change, word, verbs) => {
    const message = renderRun(view(change));

    expect(message.title).toMatch(word);
    expect(message.alert).toMatch(word);
    expect((message.buttons ?? []).map(({ verb }) => verb)).toEqual(verbs);
  });

  it('shows what to type by hand, and the first eight digits of the plan it is bound to', () => {
    const failedUndo = [{ name: 'start it', why: 'no room', manual: 'aws ec2 start-instances --instance-ids i-1' }];

    const text = JSON.stringify(
      renderMessage({ message: renderRun(view({ state: 'stuck', failedUndo })), token: 't' }),
    );

    expect(text).toContain('aws ec2 start-instances --instance-ids i-1');
    expect(text).toContain('plan abcdef01');
  });
});
