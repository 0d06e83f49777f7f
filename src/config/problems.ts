import { Refusal } from '#errors.ts';

/** One thing that is wrong with the settings, in words for whoever starts Deckhand. Never holds a secret's value. */
export type Problem = {
  /** The variable (`SLACK_BOT_TOKEN`), or file, line and field (`deckhand.yml:12 roles.operator.users[0]`). */
  where: string;
  /** What is wrong with it, as a whole sentence. */
  what: string;
  /** What to write instead, or where to get it. */
  next: string;
};

/** A broken file of thousands of sites must not flood the terminal. */
const mostShown = 50;

/** One Refusal "bad-input" that names every problem (at most 50); `data.problems` holds them as data. */
export function refuseAll(opening: string, problems: readonly Problem[]): Refusal {
  const left = problems.length - mostShown;
  const paragraphs = problems.slice(0, mostShown).map(paragraph);
  if (left > 0) paragraphs.push(`  … and ${left} more. Correct these first.`);
  return new Refusal('bad-input', `${opening}\n\n${paragraphs.join('\n\n')}`, { problems });
}

/** `3 settings are missing or wrong`. */
export function howMany(problems: readonly Problem[]): string {
  return problems.length === 1 ? '1 setting is missing or wrong' : `${problems.length} settings are missing or wrong`;
}

function paragraph({ where, what, next }: Problem): string {
  return `  ${where}: ${what}\n    -> ${next}`;
}
