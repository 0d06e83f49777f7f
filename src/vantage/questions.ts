import type { Cancel, Clock } from '#ports/clock.ts';
import type { Look, Question, Sighting } from '#ports/vantage.ts';

type Open = { waits: Set<string>; sightings: Map<string, Sighting>; changed: () => void };

/** Questions that are open, and who still owes an answer. Each place answers each question once, and only in time. */
export function createQuestions({ clock, onOver }: { clock: Clock; onOver: (id: string) => void }) {
  const open = new Map<string, Open>();

  /** `of`: who is asked. Over after `lastsMs`, answered or not. */
  function begin(id: string, of: readonly string[], lastsMs: number): Question {
    const question: Open = { waits: new Set(of), sightings: new Map(), changed: () => {} };
    open.set(id, question);
    clock.after(lastsMs, () => {
      open.delete(id);
      onOver(id);
    });
    return {
      async answers(withinMs) {
        let cancel: Cancel = () => {};
        if (question.waits.size > 0)
          await new Promise<void>((resolve) => {
            cancel = clock.after(withinMs, resolve);
            question.changed = () => void (question.waits.size === 0 && resolve());
          });
        cancel();
        const late = [...question.waits].map((from): Sighting => ({ from, saw: 'nothing', why: 'late' }));
        question.waits.clear();
        return [...question.sightings.values(), ...late].toSorted((a, b) => of.indexOf(a.from) - of.indexOf(b.from));
      },
    };
  }

  /** False: nobody waits for this answer (any more). */
  function answer(id: string, from: string, look: Look): boolean {
    const question = open.get(id);
    if (question?.waits.delete(from) !== true) return false;
    question.sightings.set(from, { ...look, from });
    question.changed();
    return true;
  }

  return { begin, answer, isOpen: (id: string) => open.has(id), ids: () => [...open.keys()] };
}
