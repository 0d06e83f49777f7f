import { isTransient, Refusal } from '#errors.ts';
import type { Wanted } from '#lib/places.ts';
import { decide, type Verb } from '#policy/decide.ts';
import type { Who } from '#policy/people.ts';
import type { Press } from '#ports/chat.ts';
import { type CardRecord, openRunStates, type Run } from '#ports/history.ts';
import type { Json } from '#ports/json.ts';
import type { ApprovalRule } from '#ports/roles.ts';

import { answering, answerPost, type Ask, type AskingFor } from './ask.ts';
import { byName } from './find.ts';
import { note } from './posting.ts';
import { plain, say } from './replies.ts';
import type { World } from './world.ts';

/** Slack shows a message before its answer to us is written down: well within this many looks. */
const settleLooks = 10;
const settleMs = 300;

/** An answer as it was shown; `wanted` is missing in those of earlier versions. */
type Remembered = { args: Json; page: number; details: boolean; wanted?: Wanted };
type Needs = {
  world: World;
  who: Who;
  ask: Ask;
  asking: AskingFor;
  incident: (press: Press, card: CardRecord) => Promise<void>;
};

/** button → waiting run (or incident, or the next page). Every press is answered; none carries authority by itself. */
export function createAnswer({ world, who, ask, asking, incident }: Needs) {
  return async function press(press: Press): Promise<void> {
    await answering(world, press, async () => {
      const card = await world.history.cards.get(press.token);
      if (card === undefined)
        throw new Refusal(
          'bad-input',
          'This message is out of date and its buttons no longer work. See what is going on with `/deck runs`.',
        );
      if (card.kind === 'answer') return turnPage(press, card);
      await mustBeTheCard(world, press, card);
      if (card.kind === 'incident') return incident(press, card);
      return onRun(press, card);
    });
  };

  async function onRun(press: Press, card: CardRecord): Promise<void> {
    const run = await world.history.runs.get(card.subject);
    if (run === undefined)
      throw new Refusal('bad-input', 'This run is no longer stored. Ask again if it is still needed.');
    if (press.verb === 'undo') {
      await ask.ask({
        ...press,
        ask: { operation: byName(world, 'undo'), args: { run: run.order.id } },
        anywhere: true,
      });
      return;
    }
    if (!isVerb(press.verb)) throw new Refusal('bad-input', 'This button does nothing here. See `/deck runs`.');
    await judge(press, press.verb, run);
  }

  async function judge(press: Press, verb: Verb, run: Run): Promise<void> {
    const { order } = run;
    const given = await world.history.decisions.list(order.id);
    const now = world.clock.now();
    const answer = decide({
      verb,
      by: await who(press.actor.id),
      order,
      operationRole: byName(world, order.operation).role,
      rule: order.approval as unknown as ApprovalRule, // stored by ask
      state: run.state,
      given,
      now,
    });
    if (!answer.counts) {
      await auditRefusal(press, run, `${verb}: ${answer.why}`);
      await sendStored(run);
      return press.answer(plain(say(answer.why)));
    }
    const { first, decision } = await world.history.decisions.record({
      run: order.id,
      verdict: answer.verdict,
      by: press.actor.id,
      planHash: order.planHash,
      at: now,
    });
    if (!first) return press.answer(plain(say(`You have already answered this (${decision.verdict}).`)));
    if (!(await sendStored(run)))
      await press.answer(plain(say(`Your answer (${answer.verdict}) is stored and takes effect in a moment.`)));
    await tellThread(press, run, answer.verdict);
  }

  /** Where the engine is away for a moment, what is stored is sent later: false. */
  async function sendStored(run: Run): Promise<boolean> {
    try {
      await hearAgain(world, run);
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      world.log.warn({ run: run.order.id, err: error }, 'a stored decision could not be sent yet');
      return false;
    }
  }

  async function tellThread(press: Press, run: Run, verdict: string): Promise<void> {
    const ref = await world.history.cards.of('run', run.order.id);
    if (ref?.ts === undefined) return;
    const line = {
      alert: `${run.summary}: ${verdict}`,
      sections: [{ kind: 'text', lines: [[`${verdict} by `, press.actor.name]] }],
    } as const;
    await note(world, run.order.id, `${verdict} ${press.actor.id}`, { channel: ref.channel, ts: ref.ts }, line);
  }

  async function auditRefusal(press: Press, run: Run, detail: string): Promise<void> {
    const at = world.clock.now();
    const { id, operation } = run.order;
    await world.history.audit.append({
      key: `${id}:refused:${press.actor.id}:${at}`,
      at,
      kind: 'refused',
      actor: press.actor.id,
      run: id,
      operation,
      channel: press.channel,
      targets: [],
      detail,
    });
  }

  async function turnPage(press: Press, card: CardRecord): Promise<void> {
    const operation = byName(world, card.subject);
    if (operation.kind !== 'answer')
      throw new Refusal('bad-input', 'This message is out of date. Type the command again.');
    const { args, page, details, wanted = {} } = card.data as Remembered; // written by answerPost
    const view = {
      wanted,
      page: press.verb === 'next' ? page + 1 : press.verb === 'previous' ? Math.max(0, page - 1) : page,
      details: press.verb === 'details' ? true : details,
    };
    await ask.allow(press.actor, press.channel, operation, true);
    const facts = await asking({ requester: press.actor.id, channel: press.channel }, { wanted, operation });
    const { post } = await answerPost(world, operation, facts, operation.args.parse(args), view);
    await press.replace(post);
  }
}

/** Records and sends every stored decision to the waiting run; each counts once. */
export async function hearAgain(world: Pick<World, 'history' | 'engine'>, run: Run): Promise<void> {
  if (!openRunStates.some((state) => state === run.state)) return;
  for (const { verdict, by, at, planHash } of await world.history.decisions.list(run.order.id)) {
    await world.history.audit.append({
      key: `${run.order.id}:${verdict}:${by}`,
      at,
      kind: verdict,
      actor: by,
      run: run.order.id,
      operation: run.order.operation,
      channel: run.order.channel,
      targets: [],
      detail: '',
    });
    await world.engine.send(run.order.id, 'decision', { verdict, by, at, planHash }, `${verdict}:${by}`);
  }
}

/** A copy of a card (forwarded, or doubled by a crash) carries the token but stands elsewhere: it decides nothing. */
async function mustBeTheCard(world: World, press: Press, asked: CardRecord): Promise<void> {
  const card = await settled(world, asked);
  if (card.ts === press.ts && card.channel === press.channel) return;
  const link = card.ts === undefined ? undefined : await world.chat.permalink({ channel: card.channel, ts: card.ts });
  throw new Refusal(
    'bad-input',
    `This is not the current card, so its buttons decide nothing. ${link === undefined ? 'See `/deck runs`.' : `The current one: ${link}`}`,
  );
}

/** A quick hand presses before it is written down where the message came to stand. */
async function settled(world: World, asked: CardRecord): Promise<CardRecord> {
  let card = asked;
  for (let look = 0; look < settleLooks && card.ts === undefined; look++) {
    await world.clock.sleep(settleMs);
    card = (await world.history.cards.get(card.token)) ?? card;
  }
  return card;
}

function isVerb(verb: string): verb is Verb {
  return ['confirm', 'cancel', 'approve', 'deny'].includes(verb);
}
