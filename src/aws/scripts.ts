import { z } from 'zod';

import { Refusal } from '#errors.ts';
import { InstanceId } from '#ports/ids.ts';
import type { ManagedServer, Script, ScriptResult, Scripts } from '#ports/platform.ts';

import { chunks } from './filters.ts';
import { given, instant, many, text } from './reading.ts';
import { createSender, type SenderOptions } from './sender.ts';
import { systemsManager } from './services.ts';

/** Source of the limits: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_SendCommand.html and the
 *  document itself (executionTimeout: 1–172,800 s). */
const longestComment = 100;
const longestRunSec = 172_800;
/** A server that has not taken the script by then never runs it: what was asked for now must not run later. */
const deliverWithinSec = 60;
/** AWS's clock and ours may differ by so much. */
const clockSkewMs = 5 * 60_000;
/** Largest pages. Source: API_ListCommands and API_DescribeInstanceInformation of the same reference. */
const page = 50;
const longestOutput = 4_096;

/** SSM Run Command on one server at a time. */
export function createScripts(options: SenderOptions): Scripts & { close: () => void } {
  const { send, list, close } = createSender({ service: systemsManager, load: () => import('./ssm-sdk.ts') }, options);

  async function run(script: Script): Promise<string> {
    check(script);
    const input = {
      InstanceIds: [script.instanceId],
      DocumentName: script.document,
      Parameters: { commands: [...script.lines], executionTimeout: [String(script.timeoutSec)] },
      TimeoutSeconds: deliverWithinSec,
      Comment: script.comment,
    };
    const { Command } = await send(
      { action: 'SendCommand', once: true, command: (sdk) => new sdk.SendCommandCommand(input) },
      z.object({ Command: z.object({ CommandId: z.string() }) }),
    );
    return Command.CommandId;
  }

  // Not asked by server: a command that has not reached its server yet is not listed so.
  async function find(of: Parameters<Scripts['find']>[0]): Promise<string | undefined> {
    const after = new Date(of.since - clockSkewMs).toISOString().replace(/\.\d+Z$/, 'Z');
    const Filters = [{ key: 'InvokedAfter' as const, value: after }];
    const pages = await list(
      'ListCommands',
      (sdk, NextToken) => new sdk.ListCommandsCommand({ MaxResults: page, Filters, NextToken }),
      z.object({ NextToken: text, Commands: many(CommandReply) }),
    );
    return pages
      .flatMap(({ Commands }) => Commands)
      .find(({ Comment, InstanceIds }) => Comment === of.comment && InstanceIds.includes(of.instanceId))?.CommandId;
  }

  function result(commandId: string, instanceId: InstanceId): Promise<ScriptResult> {
    const input = { CommandId: commandId, InstanceId: instanceId };
    return send(
      { action: 'GetCommandInvocation', command: (sdk) => new sdk.GetCommandInvocationCommand(input) },
      ResultReply,
    );
  }

  async function managed(ids: readonly InstanceId[]): Promise<readonly ManagedServer[]> {
    const found: ManagedServer[] = [];
    for (const part of chunks([...new Set(ids)], page)) {
      const Filters = [{ Key: 'InstanceIds', Values: part }];
      const pages = await list(
        'DescribeInstanceInformation',
        (sdk, NextToken) => new sdk.DescribeInstanceInformationCommand({ Filters, MaxResults: page, NextToken }),
        z.object({ NextToken: text, InstanceInformationList: many(ManagedReply) }),
      );
      found.push(...pages.flatMap(({ InstanceInformationList }) => InstanceInformationList));
    }
    return found;
  }

  return { run, find, result, managed, close };
}

function check({ lines, timeoutSec, comment }: Script): void {
  const problem =
    lines.length === 0
      ? 'A script needs at least one line'
      : !Number.isInteger(timeoutSec) || timeoutSec < 1 || timeoutSec > longestRunSec
        ? `A script may run 1 to ${longestRunSec} whole seconds, not ${timeoutSec}`
        : comment.length > longestComment
          ? `The comment of a script has at most ${longestComment} characters, not ${comment.length}`
          : undefined;
  if (problem !== undefined) throw new Refusal('bad-input', `${problem}. Correct it, then ask again.`);
}

const CommandReply = z.object({ CommandId: z.string(), Comment: text, InstanceIds: many(z.string()) });

const ManagedReply = z
  .object({ InstanceId, PingStatus: text, PlatformType: text, LastPingDateTime: instant.optional() })
  .transform((reply): ManagedServer => ({
    instanceId: reply.InstanceId,
    online: reply.PingStatus === 'Online',
    system: reply.PlatformType ?? 'unknown',
    ...given('heardAt', reply.LastPingDateTime),
  }));

const ResultReply = z
  .object({
    Status: z.string(),
    StatusDetails: text,
    ResponseCode: z.number().optional(),
    StandardOutputContent: text,
    StandardErrorContent: text,
  })
  .transform((reply): ScriptResult => {
    const detail = reply.StatusDetails || reply.Status;
    const state = stateOf(reply.Status, detail);
    const ended = state !== 'waiting' && state !== 'running' && state !== 'undelivered';
    return {
      state,
      detail,
      // -1 while there is none.
      ...(ended && reply.ResponseCode !== undefined && reply.ResponseCode >= 0 ? { exitCode: reply.ResponseCode } : {}),
      output: tail(reply.StandardOutputContent ?? ''),
      errors: tail(reply.StandardErrorContent ?? ''),
    };
  });

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
function stateOf(status: string, detail: string): ScriptResult['state'] {
  if (/^(?:DeliveryTimedOut|Undeliverable|Terminated|Invalid ?Platform|Access ?Denied)$/.test(detail))
    return 'undelivered';
  if (status === 'Pending' || status === 'Delayed') return 'waiting';
  if (status === 'Success') return 'succeeded';
  if (status === 'TimedOut') return 'timed-out';
  if (status === 'Cancelled') return 'cancelled';
  if (status === 'Failed') return 'failed';
  return 'running';
}

/** The end of a text, where the errors are; whole characters. */
function tail(words: string): string {
  const bytes = Buffer.from(words);
  if (bytes.length <= longestOutput) return words;
  let from = bytes.length - longestOutput;
  // Bytes of the form 10xxxxxx go on with a character that began earlier.
  while (from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1;
  return bytes.subarray(from).toString();
}
