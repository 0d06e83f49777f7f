import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { doneBy, mustFit, nextEvent, readAt } from '#operations/event/plan.ts';

const hour = 3_600_000;
const event = { id: 'instance-event-1', code: 'instance-retirement', description: '', completed: false };

describe('what AWS plans for a server', () => {
  it('is the next event that is still to come', () => {
    const events = [
      { ...event, id: 'over', completed: true, notBefore: 1 },
      { ...event, id: 'later', notBefore: 9 },
      { ...event, id: 'next', notBefore: 5 },
    ];
    expect(nextEvent(events, 'web-1').id).toBe('next');
    expect(() => nextEvent(events.slice(0, 1), 'web-1')).toThrow(/plans no event for web-1/);
  });

  it.each([
    ['instance-stop', 'move'],
    ['instance-retirement', 'move'],
    ['system-maintenance', 'move'],
    ['system-reboot', 'reboot'],
    ['instance-reboot', 'move'],
  ])('%s is over after a %s', (code, how) => expect(doneBy(code)).toBe(how));

  it('moves to no time but one with an hour of notice, up to the deadline', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 20 }), fc.integer({ min: -10, max: 20 }), (at, deadline) => {
        const move = () => {
          try {
            return mustFit({ ...event, deadline: deadline * hour }, at * hour, 0).id;
          } catch {
            return 'refused';
          }
        };
        expect(move()).toBe(at >= 1 && at <= deadline ? event.id : 'refused');
      }),
    );
  });

  it('is moved to a time in UTC', () => {
    expect(readAt('2026-12-01 03:00', 'x')).toBe(Date.UTC(2026, 11, 1, 3));
    expect(() => readAt('tomorrow', '/deck event web-1')).toThrow(/takes a time in UTC/);
  });
});
