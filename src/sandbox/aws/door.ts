import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

import { signatureOf } from '#sandbox/accounts/keys.ts';
import type { CallLog } from '#sandbox/ec2/calls.ts';
import { diceOf } from '#sandbox/ec2/chance.ts';
import { matcher } from '#sandbox/ec2/filters.ts';
import { type Form, readForm } from '#sandbox/ec2/form.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import { document, stsErrorDocument } from '#sandbox/ec2/xml.ts';
import { createWaits, troubled } from '#sandbox/troubled.ts';
import type { Troubles } from '#sandbox/troubles.ts';

import { objectAt } from './objects.ts';
import type { Service, Surroundings } from './service.ts';

/** Bytes; the largest body any of these services takes is far smaller. */
const longestBody = 1_048_576;

type DoorOptions = {
  surroundings: Surroundings;
  services: readonly Service[];
  troubles: Troubles;
  calls: CallLog;
  called: () => void;
  refusalOf: (request: IncomingMessage) => Problem | undefined;
};

/** One call: what it asks for, and how its answer is written. */
type Asked = {
  prefix: string;
  action: string;
  /** Flat, for faults that match and for the log. */
  parameters: Form;
  work: () => Reply;
  problem: (problem: Problem) => Reply;
};
type Reply = { status: number; type: string; body: Buffer | string; headers?: Record<string, string> };

/** HTTP in front of the services beside EC2, told apart by what the request is signed for. */
export function createDoor(of: DoorOptions): {
  handle: Handle;
  takes: (request: IncomingMessage) => boolean;
  close: () => void;
} {
  const { surroundings, troubles, calls } = of;
  const waits = createWaits();
  const prefixes = new Set([...of.services.map(({ prefix }) => prefix), 's3', 'dlm']);
  const serviceOf = ({ headers }: IncomingMessage) => signatureOf(headers)?.service ?? '';

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    const asked = readAsked(request, await readBody(request), requestId);
    const call = calls.begin(asked.action, asked.parameters, false);
    of.called();
    const answer = (reply: Reply, code = ''): void => {
      [call.status, call.code] = [reply.status, code];
      send(response, reply, requestId);
    };
    try {
      const refused = of.refusalOf(request);
      if (refused !== undefined) throw refused;
      checkRegion(signatureOf(request.headers)?.region, surroundings.servers.region());
      authorize(asked);
      const done = await troubled(troubles.next(asked.action, asked.parameters), asked.work, { waits, response });
      if (done === undefined) return;
      if (done.kind === 'wrong') throw new Problem(done.answer.code, done.answer.message, done.answer.status);
      if (done.kind === 'failed') throw done.error;
      answer(done.value);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      answer(asked.problem(error), error.code);
    }
  }

  function authorize({ prefix, action }: Asked): void {
    const isDenied = matcher(troubles.denied().map((one) => one.toLowerCase()));
    if (troubles.denied().length === 0 || !isDenied(`${prefix}:${action}`.toLowerCase())) return;
    const role = `arn:aws:sts::${surroundings.servers.account()}:assumed-role/deckhand/sandbox`;
    throw new Problem(
      'AccessDeniedException',
      `User: ${role} is not authorized to perform: ${prefix}:${action} because no identity-based policy allows the ${prefix}:${action} action`,
    );
  }

  function readAsked(request: IncomingMessage, body: string, requestId: string): Asked {
    const prefix = serviceOf(request);
    const service = of.services.find((one) => one.prefix === prefix);
    if (service?.kind === 'json') return askedAsJson(service, request, body);
    if (service?.kind === 'query') return askedAsQuery(service, readForm(body), requestId);
    if (prefix === 'dlm') return askedOfLifecycles(surroundings, request);
    return askedOfS3(surroundings, request, requestId);
  }

  return {
    takes: (request) => prefixes.has(serviceOf(request)),
    handle: (request, response) => {
      serve(request, response).catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        send(response, { status: 500, type: 'text/plain', body: `The sandbox itself failed: ${text}` }, randomUUID());
      });
    },
    close: waits.endAll,
  };
}
type Handle = (request: IncomingMessage, response: ServerResponse) => void;

function askedAsJson(service: Extract<Service, { kind: 'json' }>, request: IncomingMessage, body: string): Asked {
  const [target = '', action = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
  const type = 'application/x-amz-json-1.1';
  const input = jsonOf(body);
  return {
    prefix: service.prefix,
    action,
    parameters: new Map(
      Object.entries(input ?? {}).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
    work: () => {
      const act = Object.hasOwn(service.actions, action) ? service.actions[action] : undefined;
      if (act === undefined || target !== service.target) throw new Problem('UnknownOperationException', '');
      if (input === undefined) throw new Problem('SerializationException', 'The body is not a JSON object.');
      return { status: 200, type, body: JSON.stringify(act(input)) };
    },
    problem: ({ code, message, status }) => ({
      status: serverSide.has(code) ? 500 : code === 'AccessDeniedException' ? 400 : status,
      type,
      body: JSON.stringify({ __type: code, message }),
    }),
  };
}

/** Codes that come with 500. */
const serverSide = new Set(['InternalServerError', 'ServerException', 'KMSInternalException', 'InternalFailure']);

function jsonOf(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function askedAsQuery(service: Extract<Service, { kind: 'query' }>, form: Form, requestId: string): Asked {
  const action = form.get('Action') ?? '';
  const type = 'text/xml';
  return {
    prefix: service.prefix,
    action,
    parameters: form,
    work: () => {
      const act = Object.hasOwn(service.actions, action) ? service.actions[action] : undefined;
      if (act === undefined || form.get('Version') !== service.version)
        throw new Problem('InvalidAction', `Could not find operation ${action} for version ${form.get('Version')}`);
      const fields = { [`${action}Result`]: act(form), ResponseMetadata: { RequestId: requestId } };
      return {
        status: 200,
        type,
        body: document(`${action}Response`, service.namespace, fields, diceOf(requestId), 'member'),
      };
    },
    problem: ({ code, message, status }) => {
      const told = code === 'AccessDeniedException' ? 'AccessDenied' : code;
      const body = stsErrorDocument(told, message, requestId, service.namespace);
      return { status: told === 'AccessDenied' ? 403 : status, type, body };
    },
  };
}

/** Data Lifecycle Manager takes its action from method and path. Only the list of policies is offered. */
function askedOfLifecycles({ state }: Surroundings, request: IncomingMessage): Asked {
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/^\/aws/, '');
  const type = 'application/json';
  return {
    prefix: 'dlm',
    action: request.method === 'GET' && path === '/policies' ? 'GetLifecyclePolicies' : `${request.method} ${path}`,
    parameters: new Map(),
    work: () => {
      if (request.method !== 'GET' || path !== '/policies') throw new Problem('UnknownOperationException', '');
      const Policies = state().policies.map((PolicyId) => ({ PolicyId, State: 'ENABLED', Description: 'nightly' }));
      return { status: 200, type, body: JSON.stringify({ Policies }) };
    },
    problem: ({ code, message, status }) => ({
      status: code === 'AccessDeniedException' ? 403 : status,
      type,
      headers: { 'x-amzn-errortype': code },
      body: JSON.stringify({ Code: code, Message: message }),
    }),
  };
}

/** Only reads, with the bucket in the path. */
function askedOfS3(surroundings: Surroundings, request: IncomingMessage, requestId: string): Asked {
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/^\/aws/, '');
  return {
    prefix: 's3',
    action: request.method === 'GET' ? 'GetObject' : String(request.method),
    parameters: new Map([['Path', path]]),
    work: () => {
      if (request.method !== 'GET') throw new Problem('NotImplemented', 'Only reads are offered by the sandbox.', 501);
      const { bytes, modifiedAt } = objectAt(surroundings, path);
      const headers = { 'last-modified': new Date(modifiedAt).toUTCString(), etag: '"0"' };
      return { status: 200, type: 'application/octet-stream', body: bytes, headers };
    },
    problem: ({ code, message, status }) => {
      const told = code === 'AccessDeniedException' ? 'AccessDenied' : code;
      // S3's errors are the elements of STS's errors without what is around them.
      const body = stsErrorDocument(told, message, requestId)
        .replace(/^[^]*?<Error>/, '<Error>')
        .replace(/<\/Error>[^]*$/, `<RequestId>${requestId}</RequestId></Error>`);
      return {
        status: told === 'AccessDenied' ? 403 : told === 'SlowDown' ? 503 : status,
        type: 'application/xml',
        body,
      };
    },
  };
}

/** Throws as the services beside EC2 do for another Region than theirs. */
function checkRegion(signedFor: string | undefined, region: string): void {
  if (signedFor !== region)
    throw new Problem(
      'InvalidSignatureException',
      `Credential should be scoped to a valid region, not '${signedFor}'. Use ${region}.`,
    );
}

/** What goes beyond the limit is read on without keeping it: who stops reading cannot answer. */
async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length <= longestBody) parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function send(response: ServerResponse, { status, type, body, headers = {} }: Reply, requestId: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': requestId,
    'x-amz-request-id': requestId,
    'cache-control': 'no-cache, no-store',
    ...headers,
  });
  response.end(body);
}
