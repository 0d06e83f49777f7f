import { isAmbiguous } from '#errors.ts';
import type { Story, UndoTools } from '#operations/story-contract.ts';
import type { InstanceId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { ScriptResult } from '#ports/platform.ts';
import type { SnapshotHooks } from '#ports/timed-settings.ts';

import type { SnapshotSet } from './plan.ts';

/** What of the hooks of a set went wrong: before (the server may not have been quiet) and after (it may not go on). */
export type HookTrouble = { before?: string; after?: string };
type Taken = { error?: string; hooks?: HookTrouble };
type Effect<T> = {
  find: (tools: UndoTools) => Promise<T | undefined>;
  act: (tools: UndoTools) => Promise<T>;
};
type Of<T> = {
  hooks: SnapshotHooks;
  set: SnapshotSet;
  mark: string;
  /** What stands for the set when it is not taken. */
  untaken: (why: string) => T;
};

/** Over its own time, what AWS may take to deliver a script and to report its end. */
const slackMs = 120_000;

/**
 * Takes a set between its hooks: pre, snapshots, post; post follows pre whatever happens. All of it is one effect, so that no
 * server is quiet for longer than its own snapshots take. A process that died in between lets the server go on first.
 */
export function betweenHooks<T extends Json & Taken>(story: Story, of: Of<T>, taking: Effect<T>): Effect<T> {
  const { hooks } = of;
  let mayBeQuiet = true;
  return {
    find: async (tools) => {
      if (mayBeQuiet) await goOn(story, of, tools);
      mayBeQuiet = false;
      return taking.find(tools);
    },
    act: async (tools) => {
      mayBeQuiet = true;
      const before = await beQuiet(story, of, tools);
      let after: string | undefined;
      let taken: T;
      try {
        taken =
          before !== undefined && hooks.onFailure === 'fail'
            ? of.untaken(`The pre hook failed, and the schedule says that it must not: ${before}`)
            : await taking.act(tools);
      } finally {
        after = await goOn(story, of, tools);
        mayBeQuiet = false;
      }
      if (before === undefined && after === undefined) return taken;
      const trouble = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
      return Object.assign(taken, { hooks: trouble });
    },
  };
}

/** Tries the pre hook; between two tries the server goes on. Answers why it failed. */
async function beQuiet<T>(story: Story, of: Of<T>, tools: UndoTools): Promise<string | undefined> {
  const { hooks } = of;
  if (hooks.pre.length === 0) return undefined;
  for (let nr = 0; ; nr++) {
    const why = await run(story, of, { tools, lines: hooks.pre, mark: `${of.mark}.pre.${nr}` });
    if (why === undefined || nr >= hooks.retries) return why;
    await goOn(story, of, tools);
  }
}

/** Tries the post hook as often as is allowed. Answers why it failed. Repeatable, as the hook must be. */
export async function goOn<T>(
  story: Story,
  of: Pick<Of<T>, 'hooks' | 'set' | 'mark'>,
  tools: UndoTools,
): Promise<string | undefined> {
  const { hooks } = of;
  if (hooks.post.length === 0) return undefined;
  for (let nr = 0; ; nr++) {
    const why = await run(story, of, { tools, lines: hooks.post, mark: `${of.mark}.post.${nr}` });
    if (why === undefined || nr >= hooks.retries) return why;
  }
}

type Run = { tools: UndoTools; lines: readonly string[]; mark: string };

/** Never throws: what a hook does decides nothing but what is said about it. */
async function run(
  { platform: { scripts } }: Story,
  { hooks, set }: Pick<Of<unknown>, 'hooks' | 'set'>,
  { tools, lines, mark }: Run,
): Promise<string | undefined> {
  const instanceId = set.of as InstanceId; // only servers have hooks
  const timeoutSec = Math.ceil(hooks.timeoutMs / 1_000);
  const document = set.windows === true ? 'AWS-RunPowerShellScript' : 'AWS-RunShellScript';
  try {
    const command = await scripts
      .run({ instanceId, document, lines, timeoutSec, comment: mark })
      .catch(async (error: unknown) => {
        if (!isAmbiguous(error)) throw error;
        const found = await tools.seek(() => scripts.find({ instanceId, comment: mark, since: 0 }));
        if (found === undefined) throw error;
        return found;
      });
    let end: ScriptResult | undefined;
    await tools.until(
      async () => {
        end = await scripts.result(command, instanceId);
        return end.state !== 'waiting' && end.state !== 'running';
      },
      hooks.timeoutMs + slackMs,
      `The end of the hook on ${set.name}`,
    );
    return end === undefined || end.state === 'succeeded' ? undefined : described(end);
  } catch (error) {
    return (error as Error).message.slice(0, 300);
  }
}

function described({ state, detail, exitCode, errors, output }: ScriptResult): string {
  const said = (errors.trim() || output.trim()).slice(-200);
  return `${state} (${exitCode === undefined ? detail : `exit code ${exitCode}`})${said === '' ? '' : `: ${said}`}`;
}

/** What a person types when the post hook could not be run. */
export function postByHand({ of, windows }: Pick<SnapshotSet, 'of' | 'windows'>, { post }: SnapshotHooks): string {
  const document = windows === true ? 'AWS-RunPowerShellScript' : 'AWS-RunShellScript';
  const commands = JSON.stringify({ commands: post }).replaceAll("'", "'\\''");
  return `aws ssm send-command --instance-ids ${of} --document-name ${document} --parameters '${commands}'`;
}
