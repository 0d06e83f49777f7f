import type { IncomingMessage, ServerResponse } from 'node:http';

import type { ControlAnswer, SlackPart } from '#sandbox/parts.ts';

import { createApi } from './api.ts';
import { press, search } from './control-actions.ts';
import { typeCommand } from './control-commands.ts';
import { createHomeDoor, showHome } from './control-home.ts';
import { ControlRefusal } from './control-input.ts';
import { describeWorkspace, listMessages } from './control-reads.ts';
import { close, listViews, submit } from './control-views.ts';
import type { ControlWorld } from './control-world.ts';
import { ackWithinMs, createDelivery } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import { createFaultBoard } from './faults.ts';
import type { FaultBoard } from './faults.ts';
import { createFiles } from './files.ts';
import type { Files } from './files.ts';
import { createHttpSender } from './http-sender.ts';
import { createLogbook } from './logbook.ts';
import type { Manifest, Seed } from './model.ts';
import { createLimiter } from './rates.ts';
import { createResponses } from './responses.ts';
import { sandboxSigningSecret, seed } from './seed.ts';
import { createSockets } from './sockets.ts';
import { createState } from './state.ts';
import { createTriggers } from './triggers.ts';
import { createViews } from './views.ts';
import { readBody, sendJson } from './web.ts';

export type SlackOptions = {
  /** Where `/slack` is served, for example `http://127.0.0.1:4747/slack`; asked whenever an address is handed out. */
  baseUrl: () => string;
  /** Epoch ms: triggers, response URLs and rates live by it; acks live by real time. */
  now: () => number;
  /** Commands and scopes come from it; what it lacks, the app may not do. */
  manifest: Manifest;
  /** Messages and direct messages are kept there. */
  stateFile?: string | undefined;
  /** HTTP mode: signed requests go here while no socket is connected. */
  requestUrl?: string | undefined;
  signingSecret?: string | undefined;
  workspace?: Seed | undefined;
  /** Ms to acknowledge; Slack's own 3,000 unless a test is in a hurry. */
  ackWithinMs?: number | undefined;
};

/**
 * A make-believe Slack workspace, as strict as the real one: Web API, Socket Mode and HTTP delivery, modals, Home, and the
 * hands of the people in it. Throws Refusal "bad-input" for an unreadable state file.
 */
export function createSlack(options: SlackOptions): SlackPart {
  const { baseUrl, now, manifest, requestUrl } = options;
  const withinMs = options.ackWithinMs ?? ackWithinMs;
  const state = createState({ seed: options.workspace ?? seed, now, stateFile: options.stateFile });
  const logbook = createLogbook(now, state.changed);
  const limiter = createLimiter(now);
  const triggers = createTriggers(now);
  const views = createViews(state, manifest);
  const files = createFiles(state.newId);
  const responses = createResponses({ state, files, baseUrl });
  const sockets = createSockets({
    now,
    onAck: (id, payload) => delivery.onAck(id, payload),
    onBroken: (detail) => logbook.refused('socket', 'invalid_frame', detail),
    changed: state.changed,
  });
  const faults = createFaultBoard({ sockets, limiter, changed: state.changed });
  const sendByHttp =
    requestUrl === undefined
      ? undefined
      : createHttpSender({
          url: requestUrl,
          signingSecret: options.signingSecret ?? sandboxSigningSecret,
          now,
          withinMs,
          nextSpoiling: faults.nextSpoiling,
          logbook,
        });
  const delivery: Delivery = createDelivery({ sockets: () => sockets, sendByHttp, logbook, withinMs });
  const world: ControlWorld = { state, views, triggers, responses, deliver: delivery.deliver, logbook, manifest };
  const newSocketUrl = (): string => baseUrl().replace(/^http/, 'ws') + sockets.ticket();
  const api = createApi({
    world: { state, views, triggers, newSocketUrl, baseUrl, files, processingMs: faults.processingMs },
    scopes: manifest.oauth_config?.scopes?.bot ?? [],
    limiter,
    faults,
    logbook,
  });
  const home = createHomeDoor(world);

  return {
    handle: (request, response) => {
      route({ api, use: responses.use, faults, files }, request, response).catch((error: unknown) => {
        logbook.refused(request.url ?? '', 'fatal_error', error instanceof Error ? error.message : String(error));
        sendJson(response, 500, { ok: false, error: 'fatal_error' });
      });
    },
    upgrade: sockets.upgrade,
    commands: (input) => answering(() => typeCommand(world, input)),
    actions: (input) => answering(() => press(world, input)),
    submit: (input) => answering(() => submit(world, input)),
    suggest: (input) => answering(() => search(world, input)),
    openHome: (input) => answering(() => home.open(input)),
    closeView: (input) => answering(() => close(world, input)),
    messages: (query) => answeringNow(() => listMessages(world, query)),
    views: (query) => answeringNow(() => listViews(world, query)),
    home: (query) => answeringNow(() => showHome(world, query)),
    workspace: () => describeWorkspace(world, sockets, requestUrl !== undefined),
    faults: (input) => answeringNow(() => ({ status: 200, body: faults.set(input) })),
    onChange: state.onChange,
    close: async () => {
      home.close();
      delivery.close();
      sockets.close();
      await state.close();
    },
  };
}

type Doors = {
  api: ReturnType<typeof createApi>;
  use: (id: string, values: Readonly<Record<string, unknown>>) => { status: number; body: unknown };
  faults: FaultBoard;
  files: Files;
};

/** `/slack/api/METHOD`, `/slack/response/ID`, `/slack/upload/TICKET` and `/slack/files/ID/NAME`. */
async function route(
  { api, use, faults, files }: Doors,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = URL.parse(request.url ?? '/', 'http://127.0.0.1')?.pathname ?? '/';
  const [, kind, name] = /^\/slack\/(api|response|upload|files)\/([^/]+)(?:\/[^/]*)?$/.exec(path) ?? [];
  if (kind === 'upload' && name !== undefined) return files.upload(name, request, response);
  if (kind === 'files' && name !== undefined) return files.download(name, response);
  if (kind === 'api' && name !== undefined) return api(name, request, response);
  if (kind !== 'response' || name === undefined)
    return sendJson(response, 404, { ok: false, error: 'not_found', hint: 'The Web API is under /slack/api/METHOD.' });
  const body = await readBody(request);
  const fault = faults.nextResponseStatus();
  if (fault !== undefined) return sendJson(response, fault, { ok: false, error: 'internal_error' });
  if (body.kind === 'bad') return sendJson(response, 400, { ok: false, error: body.error });
  const answer = use(name, body.values);
  sendJson(response, answer.status, answer.body);
}

async function answering(work: () => Promise<ControlAnswer>): Promise<ControlAnswer> {
  try {
    return await work();
  } catch (error) {
    return refusal(error);
  }
}

function answeringNow(work: () => ControlAnswer): ControlAnswer {
  try {
    return work();
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): ControlAnswer {
  if (error instanceof ControlRefusal) return { status: error.status, body: { error: error.message } };
  throw error;
}
