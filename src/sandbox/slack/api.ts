import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { createArguments } from './arguments.ts';
import type { FaultBoard } from './faults.ts';
import type { Logbook } from './logbook.ts';
import { chatMethods } from './methods-chat.ts';
import { conversationMethods } from './methods-conversations.ts';
import { fileMethods } from './methods-files.ts';
import { kindOfToken, peopleMethods } from './methods-people.ts';
import { viewMethods } from './methods-views.ts';
import type { ApiWorld, Call, Method, TokenKind } from './methods.ts';
import type { Limiter } from './rates.ts';
import { ApiRefusal } from './refusal.ts';
import { readBody, sendJson } from './web.ts';

const methods: Readonly<Record<string, Method>> = {
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...peopleMethods,
  ...viewMethods,
};

type Answer = { status: number; body: Record<string, unknown>; headers?: Record<string, string> };

/** `/slack/api/METHOD`: token, scope, rate and fault first, then the method. Answers as Slack does; never throws. */
export function createApi(of: {
  world: ApiWorld;
  /** The manifest's bot scopes. */
  scopes: readonly string[];
  limiter: Limiter;
  faults: FaultBoard;
  logbook: Logbook;
}): (name: string, request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { world, scopes, limiter, faults, logbook } = of;

  function need(...anyOf: readonly string[]): void {
    if (anyOf.length === 0 || anyOf.some((scope) => scopes.includes(scope))) return;
    throw new ApiRefusal('missing_scope', { needed: anyOf.join(','), provided: scopes.join(',') });
  }
  function answer(name: string, raw: Readonly<Record<string, unknown>>, header: string | undefined): Answer {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) throw new ApiRefusal('unknown_method', { req_method: name });
    const args = createArguments(raw);
    const token = tokenOf(method, header ?? args.optional('token'));
    const wait = limiter.take(`${name} ${method.rateKey?.(args) ?? ''}`, method.rate);
    if (wait > 0) return limited(wait);
    if (token === 'bot') need(...method.scopes);
    const call: Call = { args, token, need, world };
    const headers = {
      'x-oauth-scopes': token === 'app' ? 'connections:write' : scopes.join(','),
      'x-accepted-oauth-scopes': method.scopes.join(','),
    };
    return { status: 200, body: { ok: true, ...method.run(call) }, headers };
  }
  function tried(name: string, raw: Readonly<Record<string, unknown>>, header: string | undefined): Answer {
    try {
      return answer(name, raw, header);
    } catch (error) {
      if (error instanceof ApiRefusal) return { status: 200, body: { ok: false, error: error.code, ...error.more } };
      throw error;
    }
  }

  return async (name, request, response) => {
    const body = await readBody(request);
    logbook.called(name);
    const fault = faults.nextApi(name);
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs);
    if (fault?.drop === true) return void request.socket.destroy();
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const result: Answer =
      body.kind === 'bad'
        ? { status: 200, body: { ok: false, error: body.error } }
        : fault?.retryAfter !== undefined
          ? limited(fault.retryAfter)
          : fault?.status !== undefined
            ? { status: fault.status, body: { ok: false, error: 'internal_error' } }
            : fault?.error !== undefined
              ? { status: 200, body: { ok: false, error: fault.error } }
              : tried(name, body.values, bearer);
    if (result.body['ok'] !== true) logbook.refused(name, String(result.body['error']), detailOf(result.body));
    if (fault?.dropAfterEffect === true) return void request.socket.destroy();
    sendJson(response, result.status, result.body, result.headers);
  };
}

function tokenOf(method: Method, token: string | undefined): TokenKind | undefined {
  const kind = token === undefined ? undefined : kindOfToken(token);
  if (method.tokens === 'none') return kind;
  if (token === undefined) throw new ApiRefusal('not_authed');
  if (kind === undefined) throw new ApiRefusal('invalid_auth');
  if (!method.tokens.includes(kind)) throw new ApiRefusal('not_allowed_token_type');
  return kind;
}

function limited(seconds: number): Answer {
  return { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': String(seconds) } };
}

function detailOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const { ok: _ok, error: _error, args: _args, ...rest } = body;
  return Object.keys(rest).length === 0 ? undefined : JSON.stringify(rest).slice(0, 1_000);
}
