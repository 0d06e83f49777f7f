import { count } from '#lib/format.ts';
import type { Instance } from '#ports/cloud.ts';

import type { Bond } from './groups.ts';
import { nameOf, type Words } from './messages.ts';
import { titleOf, whereOf } from './together-messages.ts';

/** Words at the end of a message about several servers, and of one that it takes in. */

/** `leftOut`: how many of them the settings leave out of the watch. */
type Over = { bond: Bond; gone: readonly string[]; leftOut: number };

export function wellAgain(of: Over): Words {
  const servers = count(of.gone.length, 'server');
  const how = of.leftOut === 0 ? 'fine again, or gone' : `fine again, gone, or no longer watched${unwatched(of)}`;
  return {
    report: {
      severity: 'critical',
      title: titleOf(of.gone.length, of.bond),
      alert: `${servers} (${whereOf(of.bond)}): all are ${how}`,
      facts: [['Were impaired', `${servers} · ${whereOf(of.bond)}`]],
      detail: [of.leftOut === 0 ? `None of the ${servers} is impaired any more.` : `All of the ${servers} are ${how}.`],
      remedies: [],
    },
    note: `The last of them is ${how}.`,
  };
}

export function plannedOver(of: Over): Words {
  const { bond } = of;
  const servers = count(of.gone.length, 'server');
  const text = `${bond.what} is planned for none of ${servers} any more${unwatched(of)}`;
  return {
    report: {
      severity: 'warning',
      title: `AWS plans ${bond.what} · ${servers}`,
      alert: text,
      facts: [],
      detail: [`${text}.`],
      remedies: [],
    },
    note: `${text}.`,
  };
}

/** The end of a server's own message, which becomes part of that of its group. */
export function folded(of: { id: string; instance: Instance | undefined }, bond: Bond): Words {
  const text = `is told together with others from here (${whereOf(bond)})`;
  return {
    report: {
      severity: bond.by === 'event' ? 'warning' : 'critical',
      title: `Told together · ${nameOf(of)}`,
      alert: `${nameOf(of)} ${text}`,
      facts: [],
      detail: [`${nameOf(of)} ${text}. Look at that message.`],
      remedies: [],
    },
    note: `${nameOf(of)} ${text}.`,
  };
}

function unwatched({ leftOut }: Over): string {
  return leftOut === 0 ? '' : ` (health.tags leaves ${leftOut} of them out)`;
}
