import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { durationMs } from '#lib/duration.ts';
import type { Words } from '#lib/words.ts';
import { type Asking, definePress, type PressOperation } from '#operations/contract.ts';
import type { UserId } from '#ports/ids.ts';
import { type IncidentAct, incidentVerbs } from '#ports/incidents.ts';

import { findOpen } from './find.ts';
import { mostOpen } from './operation.ts';

/** `of`: an id, or the name of a site or server. */
const Args = z.object({ of: z.string(), person: z.string().optional(), forMs: z.number().optional() });
type Args = z.infer<typeof Args>;
type Own = Pick<PressOperation<Args>, 'name' | 'summary' | 'usage' | 'examples' | 'parse'>;

const longestSilenceMs = 7 * 86_400_000;

/** The button `verb` of an incident's card, by a command. */
function defineAct(verb: 'acknowledge' | 'assign' | 'silence', own: Own): PressOperation<Args> {
  return definePress<Args>({
    ...own,
    kind: 'press',
    command: undefined,
    role: incidentVerbs[verb],
    iam: [],
    args: Args,
    press: (asking, args) => actOf(asking, verb, args),
  });
}

async function actOf(
  { history }: Pick<Asking, 'history'>,
  verb: IncidentAct['verb'],
  { of, person, forMs }: Args,
): Promise<IncidentAct> {
  const { id } = findOpen(await history.incidents.list({ limit: mostOpen, state: 'open' }), of);
  return { incident: id, verb, person, forMs };
}

export const incidentsAckOperation = defineAct('acknowledge', {
  name: 'incidents-ack',
  summary: 'Take an open alert: nobody is reminded of it any more',
  usage: '<alert, site or server>',
  examples: ['inc-0a1b2c3d', 'shop'],
  parse: (words) => ({ of: subjectOf(plainOf(words), '/deck incidents ack shop') }),
});

export const incidentsAssignOperation = defineAct('assign', {
  name: 'incidents-assign',
  summary: 'Give an open alert to somebody',
  usage: '<alert, site or server> @person',
  examples: ['shop <@U0123456789|ana>'],
  parse(words) {
    const example = '/deck incidents assign shop @ana';
    const plain = plainOf(words);
    const at = plain.findIndex((word) => word.startsWith('<@'));
    const person = at < 0 ? undefined : mentioned(plain.slice(at).join(' '));
    if (person === undefined)
      throw new Refusal(
        'bad-input',
        `Say to whom, last: type @ and choose one person from Slack's list. For example: \`${example}\`.`,
      );
    return { of: subjectOf(plain.slice(0, at), example), person };
  },
});

export const incidentsSilenceOperation = defineAct('silence', {
  name: 'incidents-silence',
  summary: 'Notify nobody of an open alert for a while (an hour, when none is named)',
  usage: '<alert, site or server> [2h]',
  examples: ['shop', 'web-1 2h'],
  parse(words) {
    const example = '/deck incidents silence shop 2h';
    const plain = plainOf(words);
    const forMs = plain.length > 1 ? durationMs(plain.at(-1)!) : undefined;
    if (forMs !== undefined && (forMs < 60_000 || forMs > longestSilenceMs))
      throw new Refusal('bad-input', `That is too short or too long: from 1m to 7d. For example: \`${example}\`.`);
    return { of: subjectOf(forMs === undefined ? plain : plain.slice(0, -1), example), forMs };
  },
});

function plainOf({ plain, flags }: Words): readonly string[] {
  const flag = Object.keys(flags)[0];
  if (flag === undefined) return plain;
  throw new Refusal('bad-input', `\`--${flag}\` is no option here. See the open alerts with \`/deck incidents\`.`);
}

function subjectOf(plain: readonly string[], example: string): string {
  if (plain.length > 0) return plain.join(' ');
  throw new Refusal(
    'bad-input',
    `Say which alert: its id, or the name of its site or server. For example: \`${example}\`. See \`/deck incidents\`.`,
  );
}

/** Source: https://docs.slack.dev/messaging/formatting-message-text/#mentioning-users */
function mentioned(text: string): UserId | undefined {
  return /^<@([UW][A-Z0-9]{2,30})(?:\|[^<>|]*)?>$/.exec(text)?.[1];
}
