import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { Refusal, Transient } from '#errors.ts';
import type { Durable, Engine, RunBody } from '#ports/engine.ts';
import type { Json } from '#ports/json.ts';

export type EngineWorld = {
  /** A new engine on the store of this test, as a restarted process would make it; not yet launched. */
  create: () => Engine;
  close: () => Promise<void>;
};

/** What any durable engine promises (src/ports/engine.ts). */
export function engineSuite(open: () => Promise<EngineWorld>): void {
  describe('a durable engine', () => {
    let world: EngineWorld;
    let engine: Engine;

    beforeEach(async () => {
      world = await open();
    });
    afterEach(async () => {
      await engine.stop(0);
      await world.close();
    });

    async function launch(bodies: Record<string, RunBody>): Promise<void> {
      engine = world.create();
      for (const [name, body] of Object.entries(bodies)) engine.serve(name, body);
      await engine.launch();
    }
    async function restart(bodies: Record<string, RunBody>): Promise<void> {
      await engine.stop(0);
      await launch(bodies);
    }

    it('runs a body once per id, however often it is started', async () => {
      let times = 0;
      const body: RunBody = async (durable, input) => durable.step('count', async () => ({ times: ++times, input }));
      await launch({ body });

      await Promise.all([engine.start('a', 'body', 1), engine.start('a', 'body', 2), engine.start('a', 'body', 3)]);
      const result = await engine.result('a');
      await engine.start('a', 'body', 4);

      expect(result).toMatchObject({ times: 1 });
      expect(await engine.result('a')).toEqual(result);
      expect(times).toBe(1);
      expect(await engine.state('a')).toBe('done');
    });

    it('does not repeat a finished step after a restart, and gives the same values', async () => {
      const seen: string[] = [];
      const body: RunBody = async (durable) => {
        const first = await durable.step('first', async () => {
          seen.push('first');
          return { at: 1, gone: undefined };
        });
        const nothing = await durable.step('nothing', async () => undefined);
        const time = await durable.now();
        const answer = await durable.receive<string>('go', 60_000);
        return { first, nothing: nothing === undefined, answer: answer ?? '', time };
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => seen).toEqual(['first']);
      const before = Date.now();

      await restart({ body });
      expect(await engine.send('a', 'go', 'yes', 'k')).toBe(true);
      const result = (await engine.result('a')) as { first: Json; nothing: boolean; answer: string; time: number };

      expect(result).toMatchObject({ first: { at: 1 }, nothing: true, answer: 'yes' });
      expect(result.time).toBeLessThanOrEqual(before);
      expect(seen).toEqual(['first']);
    });

    it('tries a step again after a Transient, and after nothing else', async () => {
      let transient = 0;
      let refused = 0;
      const body: RunBody = async (durable) => {
        const value = await durable.step('away at first', async () => {
          transient++;
          if (transient < 3) throw new Transient('away');
          return transient;
        });
        await durable
          .step('refused', async () => {
            refused++;
            throw new Refusal('conflict', 'Busy. Wait.');
          })
          .catch(() => undefined);
        return value;
      };
      await launch({ body });

      await engine.start('a', 'body', null);

      expect(await engine.result('a')).toBe(3);
      expect(refused).toBe(1);
    });

    it('throws the last error itself when the attempts are used up', async () => {
      let times = 0;
      const body: RunBody = async (durable) => {
        try {
          await durable.step(
            'never there',
            async () => {
              throw Object.assign(new Transient(`away ${++times}`), { host: 'db' });
            },
            { attempts: 2 },
          );
          return 'no error';
        } catch (error) {
          return fieldsOf(error);
        }
      };
      await launch({ body });

      await engine.start('a', 'body', null);

      expect(await engine.result('a')).toMatchObject({
        name: 'Transient',
        code: 'transient',
        message: 'away 2',
        host: 'db',
      });
      expect(times).toBe(2);
    });

    it('throws the same error on the first run and on a replay: name, code, message, own fields', async () => {
      const caught: Json[] = [];
      const body: RunBody = async (durable) => {
        try {
          await durable.step('refuse', async () => {
            const cause = Object.assign(new Error('vendor says no'), { code: 'VolumeInUse', socket: new Map() });
            throw new Refusal('conflict', 'Busy. Wait.', { awsCode: 'VolumeInUse', nested: { list: [1] } }, { cause });
          });
        } catch (error) {
          caught.push({ ...fieldsOf(error), isStop: durable.isStop(error), isClass: error instanceof Refusal });
        }
        await durable.receive('go', 60_000);
        return null;
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => caught.length).toBe(1);

      await restart({ body });
      await expect.poll(() => caught.length, { timeout: 10_000 }).toBe(2);

      expect(caught[0]).toEqual({
        name: 'Refusal',
        code: 'conflict',
        message: 'Busy. Wait.',
        data: { awsCode: 'VolumeInUse', nested: { list: [1] } },
        isStop: false,
        isClass: false,
      });
      expect(caught[1]).toEqual(caught[0]);
    });

    it("keeps a body's error: the run failed, and its result throws it, before and after a restart", async () => {
      const body: RunBody = async () => {
        throw new Refusal('over-limit', 'Too many. Delete some.', { limit: 5 });
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      const expected = { name: 'Refusal', code: 'over-limit', message: 'Too many. Delete some.', data: { limit: 5 } };

      await expect(engine.result('a')).rejects.toMatchObject(expected);
      await restart({ body });

      await expect(engine.result('a')).rejects.toMatchObject(expected);
      expect(await engine.state('a')).toBe('failed');
      expect(await engine.troubled(Date.now() - 60_000)).toEqual([
        { id: 'a', name: 'body', state: 'failed', message: 'Too many. Delete some.' },
      ]);
      expect(await engine.troubled(Date.now() + 60_000)).toEqual([]);
    });

    it('keeps a message sent before the wait, gives several in order, and one per key', async () => {
      const body: RunBody = async (durable) => {
        await durable.receive('open', 60_000);
        const first = await durable.receive<Json>('word', 60_000);
        const second = await durable.receive<Json>('word', 60_000);
        const third = await durable.receive<Json>('word', 0);
        return [first ?? 'none', second ?? 'none', third ?? 'none'];
      };
      await launch({ body });
      await engine.start('a', 'body', null);

      for (const [word, key] of [
        ['one', 'k1'],
        ['another one', 'k1'],
        ['two', 'k2'],
      ] as const)
        expect(await engine.send('a', 'word', word, key)).toBe(true);
      await engine.send('a', 'open', true, 'k');

      expect(await engine.result('a')).toEqual(['one', 'two', 'none']);
    });

    it('tells a sender that a run is over or unknown', async () => {
      await launch({ body: async () => 'over' });
      await engine.start('a', 'body', null);
      await engine.result('a');

      expect(await engine.send('a', 'go', true, 'k')).toBe(false);
      expect(await engine.send('nobody', 'go', true, 'k')).toBe(false);
      expect(await engine.state('nobody')).toBeUndefined();
    });

    it('keeps the first deadline of a wait across a restart', async () => {
      let waiting = 0;
      const body: RunBody = async (durable) => {
        const from = await durable.now();
        waiting++;
        const answer = await durable.receive('go', 3_000);
        return { answer: answer ?? 'none', waitedMs: (await durable.now()) - from };
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => waiting).toBe(1);
      const began = Date.now();
      // Part of the real deadline must pass; no clock of ours moves it.
      await expect.poll(() => Date.now() - began, { timeout: 5_000 }).toBeGreaterThan(1_000);

      await restart({ body });
      const { answer, waitedMs } = (await engine.result('a')) as { answer: string; waitedMs: number };

      expect(answer).toBe('none');
      expect(waitedMs).toBeGreaterThanOrEqual(2_950);
      expect(waitedMs).toBeLessThan(3_900); // begun anew it would be above 4 s
    });

    it('sleeps durably', async () => {
      const body: RunBody = async (durable) => {
        const from = await durable.now();
        await durable.sleep(200);
        return (await durable.now()) - from;
      };
      await launch({ body });

      await engine.start('a', 'body', null);

      expect(await engine.result('a')).toBeGreaterThanOrEqual(195);
    });

    it('takes up a run that was stopped in mid-step; the step in flight runs again, the finished one does not', async () => {
      const seen: string[] = [];
      let block = true;
      const body: RunBody = async (durable) => {
        await durable.step('first', async () => void seen.push('first'));
        await durable.step('second', async () => {
          seen.push('second');
          if (block) await new Promise(() => undefined);
        });
        return 'done';
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => seen).toEqual(['first', 'second']);

      block = false;
      await restart({ body });

      expect(await engine.result('a')).toBe('done');
      expect(seen).toEqual(['first', 'second', 'second']);
    });

    it('lets a step in flight end before it stops, begins no other, and never compensates', async () => {
      const seen: string[] = [];
      let release = (): void => undefined;
      const body: RunBody = async (durable) => {
        try {
          await durable.step('first', async () => {
            seen.push('begin');
            await new Promise<void>((resolve) => (release = resolve));
            seen.push('end');
          });
          await durable.step('second', async () => void seen.push('second'));
          return 'done';
        } catch (error) {
          if (!durable.isStop(error)) seen.push('compensated');
          throw error;
        }
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => seen).toEqual(['begin']);

      const stopped = engine.stop(5_000);
      release();
      await stopped;
      expect(seen).toEqual(['begin', 'end']);
      await launch({ body });

      expect(await engine.result('a')).toBe('done');
      expect(seen).toEqual(['begin', 'end', 'second']);
    });

    it('does not wait for ever for a step in flight', async () => {
      let began = false;
      const body: RunBody = async (durable) => {
        await durable.step('endless', async () => {
          began = true;
          await new Promise(() => undefined);
        });
        return null;
      };
      await launch({ body });
      await engine.start('a', 'body', null);
      await expect.poll(() => began).toBe(true);

      const from = Date.now();
      await engine.stop(300);

      expect(Date.now() - from).toBeGreaterThanOrEqual(290);
      expect(Date.now() - from).toBeLessThan(3_000);
    });

    it('takes no orders before launch and after stop', async () => {
      engine = world.create();
      engine.serve('body', async () => null);
      await expect(engine.start('a', 'body', null)).rejects.toMatchObject({ code: 'transient' });
      await engine.launch();
      expect(() => engine.serve('late', async () => null)).toThrow('before launch');
      await engine.stop(0);

      await expect(engine.start('a', 'body', null)).rejects.toMatchObject({ code: 'transient' });
      await expect(engine.send('a', 't', null, 'k')).rejects.toMatchObject({ code: 'transient' });
    });

    it('calls a run lost whose steps no longer fit its history, and does not compensate it', async () => {
      const compensated: string[] = [];
      let waiting = 0;
      const story =
        (stepName: string): RunBody =>
        async (durable: Durable) => {
          try {
            await durable.step(stepName, async () => 1);
            waiting++;
            await durable.receive('go', 60_000);
            return null;
          } catch (error) {
            if (durable.isStop(error)) throw error;
            compensated.push(stepName);
            throw error;
          }
        };
      await launch({ body: story('old name') });
      await engine.start('a', 'body', null);
      await expect.poll(() => waiting).toBe(1);

      await restart({ body: story('new name') });
      await expect.poll(() => engine.state('a'), { timeout: 10_000 }).toBe('lost');

      expect(compensated).toEqual([]);
      const [trouble] = await engine.troubled(0);
      expect(trouble).toMatchObject({ id: 'a', name: 'body', state: 'lost' });
      expect(trouble?.message).toContain('old name');
    });

    it('runs many at once', async () => {
      const body: RunBody = async (durable, input) => {
        const one = await durable.step('one', async () => Number(input) + 1);
        return durable.step('two', async () => one * 2);
      };
      await launch({ body });
      const ids = Array.from({ length: 20 }, (_, nr) => nr);

      await Promise.all(ids.map((nr) => engine.start(`many-${nr}`, 'body', nr)));

      expect(await Promise.all(ids.map((nr) => engine.result(`many-${nr}`)))).toEqual(ids.map((nr) => (nr + 1) * 2));
    });
  });
}

function fieldsOf(error: unknown): { [key: string]: Json } {
  const { name, message } = error as Error;
  return { ...(error as object), name, message };
}
