import { validateDetailed } from 'node-cron';

import { Refusal } from '#errors.ts';

/** Throws Refusal "bad-input" on a cron line or a time zone that cannot be read. */
export function mustBeReadable(cron: string, timezone: string): void {
  const { valid, errors } = validateDetailed(cron);
  if (!valid)
    throw new Refusal(
      'bad-input',
      `The cron line \`${cron}\` cannot be read${errors[0] === undefined ? '' : `: ${errors[0].message}`}. Write five fields (minute hour day month weekday; six with seconds first), for example \`0 9 * * 1-5\`.`,
    );
  try {
    Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch (cause) {
    throw new Refusal(
      'bad-input',
      `\`${timezone}\` is no known time zone. Use a name of the IANA list such as UTC or Europe/Berlin.`,
      {},
      { cause },
    );
  }
}
