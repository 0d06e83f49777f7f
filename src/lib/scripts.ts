import { Refusal } from '#errors.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { Script, ScriptResult, Scripts } from '#ports/platform.ts';

/** What running a script in a story takes; a `Story` has it. */
type Effects = {
  platform: { scripts: Scripts };
  now: () => Promise<number>;
  effect: <T extends Json>(
    name: string,
    of: { find: () => Promise<T | undefined>; act: () => Promise<T> },
  ) => Promise<T>;
  poll: <T extends Json>(
    name: string,
    of: { look: () => Promise<T | undefined>; withinMs: number; what: string },
  ) => Promise<T>;
};

/** Over its own time, what AWS may take to deliver a script and to report its end. */
const slackMs = 120_000;

/**
 * Runs a script on a server once and waits for its end, whatever that is. `name`: unique in the story; `mark`: unique for
 * ever, at most 100 characters. Throws Refusal when Systems Manager cannot reach the server, or does not report its end.
 */
export async function runScript(
  story: Effects,
  name: string,
  of: Pick<Script, 'lines' | 'timeoutSec' | 'document'> & { instanceId: InstanceId; mark: string },
): Promise<ScriptResult> {
  const { scripts } = story.platform;
  const { mark: comment, ...script } = of;
  const since = await story.now();
  const command = await story.effect(`send ${name}`, {
    find: () => scripts.find({ instanceId: of.instanceId, comment, since }),
    act: () => scripts.run({ ...script, comment }),
  });
  return story.poll(`end of ${name}`, {
    look: async () => {
      const result = await scripts.result(command, of.instanceId);
      return result.state === 'waiting' || result.state === 'running' ? undefined : result;
    },
    withinMs: of.timeoutSec * 1_000 + slackMs,
    what: `The script (${name}) on ${of.instanceId}`,
  });
}

/** Throws Refusal "conflict" with what it said when it did not succeed. */
export function mustSucceed(what: string, { state, detail, exitCode, errors, output }: ScriptResult): void {
  if (state === 'succeeded') return;
  const said = (errors.trim() || output.trim()).slice(-300);
  throw new Refusal(
    'conflict',
    `${what}: ${state}${exitCode === undefined ? ` (${detail})` : ` with exit code ${exitCode}`}${said === '' ? '' : `: ${said}`}. Correct it, then ask again.`,
  );
}
