import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { createWaits, troubled } from '#sandbox/troubled.ts';
import type { Trouble } from '#sandbox/troubles.ts';

import { answer, type Asked, type Desk, readAsked } from './answering.ts';
import type { CallLog, LoggedCall } from './calls.ts';
import { diceOf } from './chance.ts';
import { type Form, readForm } from './form.ts';
import { Problem } from './problems.ts';
import { document, errorDocument, type XmlFields } from './xml.ts';

/** Bytes; AWS's own limit is not documented. */
const longestBody = 1_048_576;

export type Door = {
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Ends the calls that are made to wait. */
  close: () => void;
};

type DoorOptions = { desk: Desk; calls: CallLog; called: () => void };

/** HTTP in front of the desk: reads requests, lets go wrong what shall go wrong, writes replies. */
export function createDoor({ desk, calls, called }: DoorOptions): Door {
  const waits = createWaits();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const form = await readRequest(request);
    if (form === undefined)
      return sendProblem(response, new Problem('RequestEntityTooLarge', 'The request is too large.'), requestId);
    const action = form.get('Action') ?? '';
    const dryRun = form.get('DryRun')?.toLowerCase() === 'true';
    const call = calls.begin(action, form, dryRun);
    called();
    try {
      const asked = readAsked(form, request.headers.authorization, requestId, desk.world());
      // A dry run does no work that could go wrong.
      const trouble = dryRun ? undefined : desk.faults.next(action, form);
      await act(asked, trouble, response, call);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      calls.answered(call, error.status, error.code);
      sendProblem(response, error, requestId);
    }
  }

  async function act(
    asked: Asked,
    trouble: Trouble | undefined,
    response: ServerResponse,
    call: LoggedCall,
  ): Promise<void> {
    const done = await troubled(trouble, () => answer(desk, asked), { waits, response });
    if (done === undefined) return;
    if (done.kind === 'wrong') throw new Problem(done.answer.code, done.answer.message, done.answer.status);
    if (done.kind === 'failed') throw done.error;
    calls.answered(call, 200, '');
    send(response, 200, replyOf(asked, done.value), asked.requestId);
  }

  return {
    handle: (request, response) => {
      serve(request, response).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        sendProblem(response, new Problem('InternalError', `The sandbox itself failed: ${text}`), randomUUID());
      });
    },
    close: waits.endAll,
  };
}

/** The parameters of a call. Undefined: too large. GET carries its parameters in the address. */
export async function readRequest(request: IncomingMessage): Promise<Form | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    length += (part as Buffer).length;
    // Read on without keeping it: who stops reading cannot answer.
    if (length <= longestBody) parts.push(part as Buffer);
  }
  if (length > longestBody) return undefined;
  const inAddress = URL.parse(request.url ?? '/', 'http://127.0.0.1')?.search ?? '';
  return readForm(request.method === 'POST' ? Buffer.concat(parts).toString() : inAddress);
}

function replyOf({ action, requestId }: Asked, fields: XmlFields): string {
  const dice = diceOf(requestId);
  return document(`${action}Response`, 'http://ec2.amazonaws.com/doc/2016-11-15/', { requestId, ...fields }, dice);
}

function sendProblem(response: ServerResponse, problem: Problem, requestId: string): void {
  send(response, problem.status, errorDocument(problem.code, problem.message, requestId), requestId);
}

export function send(response: ServerResponse, status: number, xml: string, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': 'text/xml;charset=UTF-8',
    'content-length': Buffer.byteLength(xml),
    'x-amzn-requestid': requestId,
    'cache-control': 'no-cache, no-store',
  });
  response.end(xml);
}
