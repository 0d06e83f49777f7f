import type { Clock, RandomText } from '#ports/clock.ts';
import type { Question, VantagePoint } from '#ports/vantage.ts';
import type { Probe } from '#ports/web.ts';

import { type Job, pollMs } from './protocol.ts';
import { createQuestions } from './questions.ts';

type Agent = { seenAt: number | undefined; jobs: Job[]; waiters: Set<() => void> };

/** Jobs that wait for one agent; it is asked for more only when it takes them. */
const mostWaiting = 1_000;
/** Jobs of one poll: bounds its answer. */
const mostOfPoll = 50;
/** While connected an agent always waits here, but for a moment after each answer; one that does not is gone. */
const goneMs = 5_000;

/** What agents are asked and have answered, in memory: a question lives for seconds. */
export function createDesk({ clock, randomText }: { clock: Clock; randomText: RandomText }) {
  const agents = new Map<string, Agent>();
  const questions = createQuestions({ clock, onOver: drop });

  function agentOf(name: string): Agent {
    const agent = agents.get(name) ?? { seenAt: undefined, jobs: [], waiters: new Set() };
    agents.set(name, agent);
    return agent;
  }

  function isHere({ seenAt, waiters }: Agent): boolean {
    return waiters.size > 0 || (seenAt !== undefined && clock.now() - seenAt < goneMs);
  }

  function ask(names: readonly string[], of: { probe: Probe; canaries: readonly string[] }, lastsMs: number): Question {
    const id = randomText(22);
    const question = questions.begin(id, names, lastsMs);
    for (const name of names) {
      const agent = agentOf(name);
      if (!isHere(agent)) questions.answer(id, name, { saw: 'nothing', why: 'missing' });
      else if (agent.jobs.length >= mostWaiting) questions.answer(id, name, { saw: 'nothing', why: 'busy' });
      else {
        agent.jobs.push({ id, probe: of.probe as Job['probe'], canaries: [...of.canaries] }); // checked by the agent
        for (const wake of agent.waiters) wake();
      }
    }
    return question;
  }

  function drop(id: string): void {
    for (const agent of agents.values()) agent.jobs = agent.jobs.filter((job) => job.id !== id);
  }

  /** The next jobs of an agent; it `waits` up to `pollMs` for some. `gone`: when it has left, the jobs stay for another poll. */
  async function take(
    name: string,
    { waits, gone }: { waits: boolean; gone: (act: () => void) => void },
  ): Promise<readonly Job[]> {
    const agent = agentOf(name);
    agent.seenAt = clock.now();
    let isGone = false;
    if (waits && agent.jobs.length === 0)
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel();
          agent.waiters.delete(end);
          resolve();
        };
        const cancel = clock.after(pollMs, end);
        agent.waiters.add(end);
        gone(() => {
          isGone = true;
          end();
        });
      });
    agent.seenAt = clock.now();
    return isGone ? [] : agent.jobs.splice(0, mostOfPoll);
  }

  function points(names: readonly string[]): readonly VantagePoint[] {
    return names.map((name) => {
      const agent = agentOf(name);
      const here = isHere(agent);
      return { name, kind: 'agent', here, seenAt: here ? clock.now() : agent.seenAt };
    });
  }

  return { ask, take, answer: questions.answer, points };
}
export type Desk = ReturnType<typeof createDesk>;
