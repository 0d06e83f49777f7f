import { randomBytes } from 'node:crypto';

import { ApiRefusal } from './refusal.ts';

/** Ms in which a trigger can open a view, once. Source: https://docs.slack.dev/reference/methods/views.open */
const triggerMs = 3_000;

type Trigger = { user: string; /** The view it was pressed in. */ viewId?: string };
export type Triggers = {
  issue: (trigger: Trigger) => string;
  /** Throws ApiRefusal invalid_, expired_ or exchanged_trigger_id. The trigger is used up. */
  exchange: (id: string) => Trigger;
  clear: () => void;
};

type Issued = Trigger & { at: number; used: boolean };

export function createTriggers(now: () => number): Triggers {
  const issued = new Map<string, Issued>();
  const mostKept = 1_000;
  return {
    issue: (trigger) => {
      const at = now();
      const id = `${at}.${issued.size}.${randomBytes(16).toString('hex')}`;
      issued.set(id, { ...trigger, at, used: false });
      const oldest = issued.keys().next().value;
      if (issued.size > mostKept && oldest !== undefined) issued.delete(oldest);
      return id;
    },
    exchange: (id) => {
      const found = issued.get(id);
      if (found === undefined) throw new ApiRefusal('invalid_trigger_id');
      if (found.used) throw new ApiRefusal('exchanged_trigger_id');
      if (now() - found.at > triggerMs) throw new ApiRefusal('expired_trigger_id');
      found.used = true;
      return { user: found.user, ...(found.viewId === undefined ? {} : { viewId: found.viewId }) };
    },
    clear: () => issued.clear(),
  };
}
