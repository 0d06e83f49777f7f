import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { type Case, caseOf, caseOfEvents, recoveryGraceMs, type What } from '#fleet/cases.ts';
import { decide, rows } from '#fleet/decisions.ts';
import { checks, diagnose } from '#fleet/diagnosis.ts';
import { decideVolume, type VolumeCase, volumeCaseOf, volumeRows } from '#fleet/volume-decisions.ts';
import { ailments } from '#fleet/volume-verdict.ts';
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
      [...rows, ...volumeRows].map(
        ({ id, cures, never, source }) =>
          `| \`${id}\` | ${cures.join(', ') || '–'} | ${never.join(' ') || '–'} | [AWS](${source}) |`,
      ),
    );
  });
});

describe('the decision table of disks', () => {
  const cases: readonly VolumeCase[] = ailments.flatMap((ailment) =>
    (['none', 'one', 'several'] as const).flatMap((on) =>
      both.flatMap((autoScaled) =>
        both.flatMap((instanceStore) =>
          both
            .map((root) => ({ what: `volume-${ailment}` as const, on, autoScaled, instanceStore, root }))
            // What hangs on no server has none of this; a root disk that can be in trouble is no instance store.
            .filter((of) => (on === 'none' ? !autoScaled && !instanceStore && !of.root : !(of.root && instanceStore))),
        ),
      ),
    ),
  );
  const decided = cases.flatMap((of) =>
    both.flatMap((snapshot) =>
      both.map((running) => ({ of, snapshot, running, ...decideVolume(of, { snapshot, running }) })),
    ),
  );
  const server = new Set(['migrate', 'replace', 'standby', 'restore']);

  it('has a row for each of all combinations, no row too many, and a source for each', () => {
    expect(cases).toHaveLength(4 * (1 + 6 + 6));
    expect(new Set(decided.map(({ row }) => row))).toEqual(new Set(volumeRows.map(({ id }) => id)));
    expect(volumeRows.filter(({ source }) => !source.startsWith('https://docs.aws.amazon.com/'))).toEqual([]);
    expect(decided.filter(({ cures }) => cures.length > 3)).toEqual([]);
  });

  it('never stops a member of a group or a server on an instance store, nor one of several that share the disk', () => {
    const kept = decided.filter(({ of }) => of.autoScaled || of.instanceStore || of.on !== 'one');
    expect(kept.filter(({ cures }) => cures.includes('migrate') || cures.includes('restore'))).toEqual([]);
    expect(decided.filter(({ of, cures }) => of.on === 'none' && cures.some((cure) => server.has(cure)))).toEqual([]);
    expect(decided.filter(({ of, cures }) => !of.autoScaled && cures.includes('replace'))).toEqual([]);
  });

  it('saves the data before anything is done to a disk that still has it', () => {
    const alive = decided.filter(({ of }) => of.what !== 'volume-error');
    expect(alive.filter(({ cures }) => cures[0] !== 'snapshot')).toEqual([]);
    expect(decided.filter(({ of, cures }) => of.what === 'volume-error' && cures.includes('snapshot'))).toEqual([]);
  });

  it('lets a disk go on only where AWS has stopped it, and restores from nothing and what is only slow never', () => {
    expect(decided.filter(({ of, cures }) => cures.includes('io') !== (of.what === 'volume-io'))).toEqual([]);
    expect(
      decided.filter(
        ({ of, snapshot, cures }) => cures.includes('restore') && (!snapshot || of.what === 'volume-warning'),
      ),
    ).toEqual([]);
    expect(decided.filter(({ running, cures }) => !running && cures.includes('migrate'))).toEqual([]);
  });

  it.each([
    ['volume-error', {}, ['restore']],
    ['volume-error', { autoScaled: true }, ['replace', 'standby']],
    ['volume-error', { autoScaled: true, root: true }, ['replace']],
    ['volume-error', { instanceStore: true }, []],
    ['volume-error', { on: 'none' }, []],
    ['volume-io', {}, ['snapshot', 'io', 'restore']],
    ['volume-io', { autoScaled: true }, ['snapshot', 'io', 'replace']],
    ['volume-io', { on: 'several' }, ['snapshot', 'io']],
    ['volume-impaired', {}, ['snapshot', 'migrate', 'restore']],
    ['volume-impaired', { autoScaled: true }, ['snapshot', 'replace']],
    ['volume-warning', {}, ['snapshot']],
  ] as const)('for %s with %j has %j', (what, more, cures) => {
    const of = { what, on: 'one', autoScaled: false, instanceStore: false, root: false, ...more } as const;
    expect(decideVolume(of, { snapshot: true, running: true }).cures).toEqual(cures);
  });

  it('knows a root disk, and a member of a group among several servers', () => {
    const two = [anInstance(), anInstance({ id: 'i-00000002', autoScalingGroup: 'web' })];
    expect(volumeCaseOf('io', 'vol-0000000a', two.slice(0, 1))).toMatchObject({ on: 'one', root: true });
    expect(volumeCaseOf('io', 'vol-0000000b', two)).toMatchObject({ on: 'several', root: false, autoScaled: true });
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
    [{ fabric: true }],
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
