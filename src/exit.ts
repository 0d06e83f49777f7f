import { isRefusal } from '#errors.ts';

/** Ends the process with status 1: a refusal as it reads, anything else with its stack. */
export function exitWith(error: unknown): never {
  const text = isRefusal(error)
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
