import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { type Case, caseOf, caseOfEvents, recoveryGraceMs, type What } from '#fleet/cases.ts';
import { decide, rows } from '#fleet/decisions.ts';
import { checks, diagnose } from '#fleet/diagnosis.ts';
import { anInstance } from '#test/support/builders.ts';

const whats: readonly What[] = [
  'stopped-itself',
  'stopped-by-aws',
  ...checks,
  'event-move',
  'event-reboot',
  'event-in-place',
  'event-other',
];
const both = [false, true];
const tries = both.flatMap((rebooted) =>
  both.flatMap((moved) => both.map((restored) => ({ rebooted, moved, restored }))),
);
const every: readonly Case[] = whats.flatMap((what) =>
  both.flatMap((autoScaled) =>
    both.flatMap((instanceStore) =>
      both.flatMap((recovering) => tries.map((tried) => ({ what, autoScaled, instanceStore, recovering, ...tried }))),
    ),
  ),
);
const all = every.flatMap((of) => both.map((hasSnapshot) => ({ of, hasSnapshot, ...decide(of, { hasSnapshot }) })));
/** These stop a server on the way. */
const stops = (of: Case) => (of.what === 'event-reboot' ? ['migrate', 'restore'] : ['migrate', 'restore', 'event']);

describe('the decision table', () => {
  it('has a row for each of all combinations, no row too many, and a source for each', () => {
    expect(all).toHaveLength(9 * 2 ** 7);
    expect(new Set(all.map(({ row }) => row))).toEqual(new Set(rows.map(({ id }) => id)));
    expect(rows.filter(({ source }) => !source.startsWith('https://docs.aws.amazon.com/'))).toEqual([]);
  });

  it('never stops a member of a group, nor a server on an instance store', () => {
    const stopped = all.filter(
      ({ of, cures }) => (of.autoScaled || of.instanceStore) && cures.some((cure) => stops(of).includes(cure)),
    );
    expect(stopped).toEqual([]);
  });

  it('offers a replacement to members of groups alone', () => {
    expect(
      all.filter(({ of, cures }) => !of.autoScaled && (cures.includes('replace') || cures.includes('standby'))),
    ).toEqual([]);
  });

  it('leaves AWS alone while it may recover a server', () => {
    const waiting = all.filter(({ of }) => of.what === 'system' && of.recovering);
    expect(new Set(waiting.flatMap(({ cures }) => cures).filter((cure) => cure === 'migrate'))).toEqual(new Set());
  });

  it('never reboots for a broken host or path to the disks, and restores from nothing never', () => {
    expect(
      all.filter(({ of, cures }) => (of.what === 'system' || of.what === 'ebs') && cures.includes('reboot')),
    ).toEqual([]);
    expect(all.filter(({ hasSnapshot, cures }) => !hasSnapshot && cures.includes('restore'))).toEqual([]);
    expect(all.filter(({ cures }) => cures.length > 3)).toEqual([]);
  });

  it.each([
    ['system', {}, ['migrate', 'snapshot']],
    ['system', { recovering: true }, ['snapshot']],
    ['system', { autoScaled: true }, ['replace', 'snapshot']],
    ['ebs', {}, ['migrate', 'restore']],
    ['instance', {}, ['reboot', 'restore']],
    ['instance', { rebooted: true }, ['restore', 'reboot']],
    ['instance', { rebooted: true, restored: true }, ['reboot']],
    ['system', { moved: true }, ['snapshot', 'migrate']],
    ['system', { moved: true, recovering: true }, ['snapshot']],
    ['ebs', { moved: true }, ['restore', 'migrate']],
    ['ebs', { moved: true, restored: true }, ['migrate', 'snapshot']],
    ['instance', { autoScaled: true }, ['reboot', 'standby', 'replace']],
    ['stopped-itself', {}, ['start']],
    ['stopped-by-aws', { autoScaled: true }, []],
    ['event-move', {}, ['event', 'snapshot']],
    ['event-reboot', {}, ['event']],
    ['event-in-place', {}, ['event']],
    ['event-in-place', { instanceStore: true }, []],
    ['event-in-place', { autoScaled: true }, ['replace']],
  ] as const)('for %s with %j has %j', (what, more, cures) => {
    const untried = { rebooted: false, moved: false, restored: false };
    const of = { what, autoScaled: false, instanceStore: false, recovering: false, ...untried, ...more };
    expect(decide(of, { hasSnapshot: true }).cures).toEqual(cures);
  });

  it('stands in the documentation, row by row with its source', () => {
    const table = readFileSync('docs/health.md', 'utf8')
      .split('\n')
      .filter((line) => /^\| `[a-z-]+` \|/.test(line));
    expect(table).toEqual(
      rows.map(
        ({ id, cures, never, source }) =>
          `| \`${id}\` | ${cures.join(', ') || '–'} | ${never.join(' ') || '–'} | [AWS](${source}) |`,
      ),
    );
  });
});

describe('what a server is', () => {
  const system = { kind: 'impaired', checks: ['system'] } as const;
  const of = { since: 0, now: recoveryGraceMs - 1, events: [] };

  it('counts as recovering for a while, where AWS recovers at all', () => {
    expect(caseOf(system, anInstance(), of).recovering).toBe(true);
    expect(caseOf(system, anInstance(), { ...of, now: recoveryGraceMs }).recovering).toBe(false);
    const event = { code: 'instance-stop', description: '', completed: false };
    expect(caseOf(system, anInstance(), { ...of, events: [event] }).recovering).toBe(false);
  });

  it('counts what we did since the trouble began, and what failed for nothing', () => {
    const acts = [
      { kind: 'move', at: 5, failed: false },
      { kind: 'restore', at: 5, failed: true },
      { kind: 'reboot', at: -5, failed: false },
    ] as const;
    expect(caseOf(system, anInstance(), { ...of, acts })).toMatchObject({
      moved: true,
      restored: false,
      rebooted: false,
    });
  });

  it.each([
    [{ autoRecovery: 'disabled' }],
    [{ tenancy: 'host' }],
    [{ type: 'm7g.metal' }],
    [{ instanceStore: true }],
    [{ autoScalingGroup: 'web' }],
  ])('is not recovered by AWS with %j', (change) => {
    expect(caseOf(system, anInstance(change), of).recovering).toBe(false);
  });

  it('is judged by the gravest of the planned events', () => {
    const events = ['system-reboot', 'instance-stop'].map((code) => ({ code, description: '', completed: false }));
    expect(caseOfEvents(events, anInstance()).what).toBe('event-move');
  });

  it('is in no trouble while a check only starts or has no data', () => {
    for (const word of ['initializing', 'insufficient-data'])
      for (const check of checks) {
        const health = { state: 'running', system: 'ok', instance: 'ok', ebs: 'ok', [check]: word };
        expect(diagnose({ instance: { state: 'running' }, health, wasRunning: true })).toEqual({ kind: 'unclear' });
      }
  });
});
