import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type Check, type Course, diagnose, freshCourse, proceed } from '#fleet/diagnosis.ts';

const words = [
  'ok',
  'impaired',
  'insufficient-data',
  'initializing',
  'not-applicable',
  'a word AWS adds later',
] as const;
const look = (system: string, instance: string, ebs: string, state = 'running') =>
  diagnose({ instance: { state }, health: { state, system, instance, ebs }, wasRunning: true });

describe('one look at a server', () => {
  it('is judged for every combination of the three checks', () => {
    for (const system of words)
      for (const instance of words)
        for (const ebs of words) {
          const finding = look(system, instance, ebs);
          const failing = (
            [
              ['system', system],
              ['ebs', ebs],
              ['instance', instance],
            ] as const
          ).filter(([, word]) => word === 'impaired');
          const fine = system === 'ok' && instance === 'ok' && (ebs === 'ok' || ebs === 'not-applicable');
          const expected =
            failing.length > 0
              ? { kind: 'impaired', checks: failing.map(([name]) => name) }
              : { kind: fine ? 'fine' : 'unclear' };
          expect(finding).toEqual(expected);
        }
  });

  it.each(['pending', 'stopping', 'shutting-down', 'a state AWS adds later'])(
    'says nothing while it is %s',
    (state) => {
      expect(look('impaired', 'impaired', 'impaired', state)).toEqual({ kind: 'unclear' });
    },
  );

  it('says nothing when its checks were not read or belong to another state', () => {
    expect(diagnose({ instance: { state: 'running' }, health: undefined, wasRunning: true })).toEqual({
      kind: 'unclear',
    });
    const health = { state: 'stopped', system: 'impaired', instance: 'ok', ebs: 'ok' };
    expect(diagnose({ instance: { state: 'running' }, health, wasRunning: true })).toEqual({ kind: 'unclear' });
  });

  it.each([
    ['Client.UserInitiatedShutdown', 'idle'],
    ['Server.SpotInstanceShutdown', 'idle'],
    [undefined, 'idle'],
    ['Client.InstanceInitiatedShutdown', 'system'],
    ['Server.ScheduledStop', 'aws'],
    ['Server.InternalError', 'aws'],
  ])('that stopped by %s is %s', (stateReason, expected) => {
    const instance = { state: 'stopped', ...(stateReason === undefined ? {} : { stateReason }) };
    const finding = diagnose({ instance, health: undefined, wasRunning: true });

    expect(finding.kind === 'stopped' ? finding.by : finding.kind).toBe(expected);
    expect(diagnose({ instance, health: undefined, wasRunning: false })).toEqual({ kind: 'idle' });
  });
});

describe('the looks at a server', () => {
  const bad = { kind: 'impaired', checks: ['instance'] as Check[] } as const;
  const course = (signs: string, { confirm = 2, outOf = 3, recover = 2 } = {}) =>
    signs.split('').reduce<Course>(
      (before, sign, at) =>
        proceed(before, sign === '-' ? bad : { kind: sign === '+' ? 'fine' : 'unclear' }, {
          at,
          since: undefined,
          confirm,
          outOf,
          recover,
        }),
      freshCourse,
    );

  it.each([
    ['-', false],
    ['--', true],
    ['-+-', true],
    ['-++-', false],
    ['-++-+-', true],
    ['-+?-', true],
    ['-+-+-+-+', true],
    ['-+-++', false],
    ['-+-++-', false],
    ['-?-', true],
    ['--+', true],
    ['--+-+', true],
    ['--++', false],
    ['--+?+', false],
    ['--????', true],
  ])('%s: open %s', (signs, open) => expect(course(signs).open).toBe(open));

  it('are an incident from `confirm` bad ones of the last `outOf` on, until `recover` good ones in a row', () => {
    const signs = fc.string({ unit: fc.constantFrom('+', '-', '?'), maxLength: 40 });
    const few = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(signs, few, few, few, (text, confirm, more, recover) => {
        const outOf = confirm + more - 1;
        let [counted, open] = ['', false];
        for (const sign of text.replaceAll('?', '')) {
          counted += sign;
          if (!open) open = sign === '-' && counted.slice(-outOf).replaceAll('+', '').length >= confirm;
          else if (counted.endsWith('+'.repeat(recover))) [counted, open] = ['', false];
        }
        expect(course(text, { confirm, outOf, recover }).open).toBe(open);
      }),
    );
  });

  it('tell since when it is so, anew for each incident, and when it ended', () => {
    expect(course('?--')).toMatchObject({ since: 1 });
    expect(course('--++--')).toMatchObject({ since: 4, open: true });
    expect(course('-+-')).toMatchObject({ since: 0, open: true });
    expect(course('-++-?-')).toMatchObject({ since: 3, open: true });
    expect(course('--++')).toMatchObject({ firstGoodAt: 2 });
    const told = proceed(freshCourse, bad, { at: 9, since: 5, confirm: 1, outOf: 1, recover: 1 });
    expect(told.since).toBe(5);
  });
});
