import type { Problem } from '#config/problems.ts';
import { isRefusal } from '#errors.ts';

/** The problems that `act` is refused with, as `where what -> next` lines; fails when it is not refused. */
export function problemsOf(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (!isRefusal(error) || error.code !== 'bad-input') throw error;
    return (error.data['problems'] as Problem[]).map(({ where, what, next }) => `${where} ${what} -> ${next}`);
  }
  throw new Error('nothing was refused');
}

/** A log that keeps what is written. */
export function createKeptLog() {
  const lines: { level: string; data: object; text: string }[] = [];
  const at = (level: string) => (data: object, text: string) => void lines.push({ level, data, text });
  return { log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
