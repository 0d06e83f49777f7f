import { z } from 'zod';

import { uuidOf } from '#sandbox/ec2/chance.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { Server } from '#sandbox/parts.ts';

import type { Command, ScriptRule, State } from './model.ts';
import { action, type JsonService, pageOf, seconds, type Surroundings } from './service.ts';

/** Ms of AWS. A script that does nothing takes about a second until its end is told; a new command is shown a bit later.
 *  Plausible values. */
const delivery = 500;
const usualRun = 1_000;
const shownAfter = 300;
const mostKept = 500;

const documents: Readonly<Record<string, string>> = {
  'AWS-RunShellScript': 'Linux',
  'AWS-RunPowerShellScript': 'Windows',
};

const Send = z.strictObject({
  InstanceIds: z.array(z.string()).length(1),
  DocumentName: z.string(),
  Parameters: z.strictObject({
    commands: z.array(z.string()).min(1),
    executionTimeout: z
      .array(z.string().regex(/^\d{1,6}$/))
      .length(1)
      .default(['3600']),
  }),
  TimeoutSeconds: z.int().min(30).max(2_592_000).default(3_600),
  Comment: z.string().max(100).default(''),
});
const List = z.strictObject({
  Filters: z.array(z.strictObject({ key: z.literal('InvokedAfter'), value: z.iso.datetime() })).default([]),
  MaxResults: z.int().min(1).max(50).default(50),
  NextToken: z.string().optional(),
});
const Get = z.strictObject({ CommandId: z.string().length(36), InstanceId: z.string() });
const Describe = z.strictObject({
  Filters: z
    .array(z.strictObject({ Key: z.literal('InstanceIds'), Values: z.array(z.string()).min(1).max(100) }))
    .default([]),
  MaxResults: z.int().min(5).max(50).default(10),
  NextToken: z.string().optional(),
});

/** SSM Run Command and the list of managed servers. All servers that run have an agent. */
export function createSystemsManager(of: Surroundings): JsonService {
  return {
    kind: 'json',
    prefix: 'ssm',
    target: 'AmazonSSM',
    actions: {
      SendCommand: action(Send, (asked) => send(of, asked)),
      ListCommands: action(List, (asked) => list(of, asked)),
      GetCommandInvocation: action(Get, (asked) => get(of, asked)),
      DescribeInstanceInformation: action(Describe, (asked) => describe(of, asked)),
    },
  };
}

function send(of: Surroundings, asked: z.output<typeof Send>): object {
  const { servers, state } = of;
  const system = documents[asked.DocumentName];
  if (system === undefined) throw new Problem('InvalidDocument', 'Document with that name does not exist.');
  const [id = ''] = asked.InstanceIds;
  const server = servers.all().find((one) => one.id === id);
  if (server?.state !== 'running')
    throw new Problem('InvalidInstanceId', `Instances [[${id}]] not in a valid state for account ${servers.account()}`);
  if (systemOf(server) !== system)
    throw new Problem('UnsupportedPlatformType', `The document is not for the platform of ${id}.`);
  const command = commandOf(of, asked, server);
  const kept = state();
  kept.commands = [...kept.commands, command].slice(-mostKept);
  of.changed();
  if (command.startsAt !== null) of.restarted({ kind: 'script', server: server.name, lines: command.lines });
  return { Command: summaryOf(of, command) };
}

function commandOf({ state, now, speed }: Surroundings, asked: z.output<typeof Send>, server: Server): Command {
  const kept = state();
  const { commands: lines, executionTimeout } = asked.Parameters;
  const rule = ruleFor(kept, lines);
  const mayTake = Number(executionTimeout[0]) * 1_000;
  const takes = rule === undefined ? usualRun : rule.seconds * 1_000;
  const requestedAt = now();
  const isSilent = kept.silent.includes(server.id);
  const startsAt = requestedAt + delivery / speed;
  return {
    id: uuidOf(`command ${++kept.made} ${requestedAt}`),
    instanceId: server.id,
    comment: asked.Comment,
    document: asked.DocumentName,
    requestedAt,
    startsAt: isSilent ? null : startsAt,
    deliverBy: requestedAt + (asked.TimeoutSeconds * 1_000) / speed,
    endsAt: startsAt + Math.min(takes, mayTake) / speed,
    timedOut: takes > mayTake,
    exitCode: rule?.exitCode ?? 0,
    output: rule?.output ?? '',
    errors: rule?.errors ?? '',
    lines,
  };
}

/** Uses the rule up. */
function ruleFor(kept: State, lines: readonly string[]): ScriptRule | undefined {
  const rule = kept.scripts.find(({ match }) => lines.some((line) => line.includes(match)));
  if (rule === undefined) return undefined;
  rule.times -= 1;
  kept.scripts = kept.scripts.filter(({ times }) => times > 0);
  return rule;
}

function list(of: Surroundings, { Filters, MaxResults, NextToken }: z.output<typeof List>): object {
  const after = Math.max(0, ...Filters.map(({ value }) => Date.parse(value)));
  const found = of.state().commands.filter((one) => one.requestedAt >= after && isShown(of, one));
  const { page, next } = pageOf(found.toReversed(), MaxResults, NextToken);
  return { Commands: page.map((one) => summaryOf(of, one)), ...(next === undefined ? {} : { NextToken: next }) };
}

function get(of: Surroundings, { CommandId, InstanceId }: z.output<typeof Get>): object {
  const found = of.state().commands.find(({ id, instanceId }) => id === CommandId && instanceId === InstanceId);
  if (found === undefined || !isShown(of, found)) throw new Problem('InvocationDoesNotExist', '');
  const { status, detail } = statusOf(found, of.now());
  const isOver = !['Pending', 'InProgress'].includes(status);
  return {
    CommandId,
    InstanceId,
    Comment: found.comment,
    DocumentName: found.document,
    Status: status,
    StatusDetails: detail,
    ResponseCode: !isOver || found.startsAt === null ? -1 : found.timedOut ? 137 : found.exitCode,
    StandardOutputContent: isOver && found.startsAt !== null ? found.output.slice(0, 24_000) : '',
    StandardErrorContent: isOver && found.startsAt !== null ? found.errors.slice(0, 8_000) : '',
  };
}

function describe(of: Surroundings, { Filters, MaxResults, NextToken }: z.output<typeof Describe>): object {
  const { servers, state, now } = of;
  const [wanted] = Filters;
  const managed = servers
    .all()
    .filter(({ id, state: power }) => power === 'running' && (wanted?.Values.includes(id) ?? true));
  const { page, next } = pageOf(managed, MaxResults, NextToken);
  return {
    InstanceInformationList: page.map((server) => ({
      InstanceId: server.id,
      PingStatus: state().silent.includes(server.id) ? 'ConnectionLost' : 'Online',
      PlatformType: systemOf(server),
      LastPingDateTime: seconds(now()),
      AgentVersion: '3.3.3050.0',
    })),
    ...(next === undefined ? {} : { NextToken: next }),
  };
}

function isShown({ now, speed }: Surroundings, { requestedAt }: Command): boolean {
  return now() >= requestedAt + shownAfter / speed;
}

function summaryOf({ now }: Surroundings, command: Command): object {
  const { status, detail } = statusOf(command, now());
  return {
    CommandId: command.id,
    Comment: command.comment,
    DocumentName: command.document,
    InstanceIds: [command.instanceId],
    RequestedDateTime: seconds(command.requestedAt),
    Status: status,
    StatusDetails: detail,
  };
}

function systemOf({ tags }: Server): string {
  return tags['os'] === 'windows' ? 'Windows' : 'Linux';
}

/** Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html */
export function statusOf(command: Command, now: number): { status: string; detail: string } {
  const both = (status: string, detail = status) => ({ status, detail });
  if (command.startsAt === null)
    return now < command.deliverBy ? both('Pending') : both('TimedOut', 'DeliveryTimedOut');
  if (now < command.startsAt) return both('Pending');
  if (now < command.endsAt) return both('InProgress');
  if (command.timedOut) return both('TimedOut', 'ExecutionTimedOut');
  return both(command.exitCode === 0 ? 'Success' : 'Failed');
}
