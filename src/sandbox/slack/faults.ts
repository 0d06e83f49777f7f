import { z } from 'zod';

import { ControlRefusal, readInput } from './control-input.ts';
import { spoilings } from './http-sender.ts';
import type { Spoiling } from './http-sender.ts';
import type { Limiter } from './rates.ts';
import { disconnectReasons } from './sockets.ts';
import type { Sockets } from './sockets.ts';

const times = z.int().min(1).max(10_000).default(1);
const ApiFault = z
  .strictObject({
    /** A method's name, or * for any. */
    method: z.string().min(1),
    /** Slack's own code in an answer with status 200. */
    error: z.string().min(1).optional(),
    status: z.int().min(400).max(599).optional(),
    /** Seconds; the answer is 429. */
    retryAfter: z.int().min(1).max(3_600).optional(),
    delayMs: z.int().min(0).max(120_000).optional(),
    /** The connection is cut before anything happens. */
    drop: z.boolean().optional(),
    /** It happens, and then the connection is cut. */
    dropAfterEffect: z.boolean().optional(),
    times,
  })
  .refine(
    ({ error, status, retryAfter, delayMs, drop, dropAfterEffect }) =>
      [error, status, retryAfter, delayMs, drop, dropAfterEffect].some((one) => one !== undefined),
    'say what goes wrong: error, status, retryAfter, delayMs, drop or dropAfterEffect',
  );
type ApiFault = z.infer<typeof ApiFault>;

const Faults = z.strictObject({
  api: ApiFault.optional(),
  /** Ms until an uploaded file can be shown. */
  fileProcessingMs: z.int().min(0).max(600_000).optional(),
  responseUrl: z.strictObject({ status: z.int().min(400).max(599), times }).optional(),
  disconnect: z.union([z.literal(true), z.enum(disconnectReasons)]).optional(),
  noSocket: z.boolean().optional(),
  rate: z.union([z.number().positive().max(10_000), z.literal('off')]).optional(),
  http: z.strictObject({ send: z.enum(spoilings), times }).optional(),
  clear: z.literal(true).optional(),
});

const example =
  '{"api":{"method":"chat.update","error":"edit_window_closed","times":2}} or {"disconnect":"refresh_requested"}';

/** What shall go wrong, set by the control API. */
export type FaultBoard = {
  /** Sets faults; answers those that wait. Throws ControlRefusal 400. */
  set: (input: unknown) => Record<string, unknown>;
  nextApi: (method: string) => ApiFault | undefined;
  processingMs: () => number;
  nextResponseStatus: () => number | undefined;
  nextSpoiling: () => Spoiling | undefined;
};

export function createFaultBoard(of: { sockets: Sockets; limiter: Limiter; changed: () => void }): FaultBoard {
  const { sockets, limiter, changed } = of;
  let api: ApiFault[] = [];
  let responses: { status: number; times: number } | undefined;
  let http: { send: Spoiling; times: number } | undefined;
  let rate: number | 'off' = 1;
  let noSocket = false;
  let processingMs = 0;

  function clear(): void {
    api = [];
    [responses, http, rate, noSocket, processingMs] = [undefined, undefined, 1, false, 0];
    limiter.scale(1);
    sockets.allow(true);
  }
  return {
    set: (input) => {
      const asked = readInput(Faults, input, example);
      if (Object.keys(asked).length === 0) throw new ControlRefusal(400, `Name a fault, for example ${example}.`);
      if (asked.clear === true) clear();
      if (asked.api !== undefined) api.push(asked.api);
      if (asked.responseUrl !== undefined) responses = asked.responseUrl;
      if (asked.http !== undefined) http = asked.http;
      if (asked.rate !== undefined) limiter.scale((rate = asked.rate));
      if (asked.fileProcessingMs !== undefined) processingMs = asked.fileProcessingMs;
      if (asked.noSocket !== undefined) sockets.allow(!(noSocket = asked.noSocket));
      if (asked.disconnect !== undefined) sockets.disconnect(asked.disconnect);
      changed();
      return {
        ok: true,
        api,
        responseUrl: responses ?? null,
        http: http ?? null,
        rate,
        noSocket,
        fileProcessingMs: processingMs,
      };
    },
    nextApi: (method) => {
      const fault = api.find((one) => one.method === method || one.method === '*');
      if (fault !== undefined && --fault.times <= 0) api = api.filter((one) => one !== fault);
      return fault;
    },
    processingMs: () => processingMs,
    nextResponseStatus: () => {
      const status = responses?.status;
      if (responses !== undefined && --responses.times <= 0) responses = undefined;
      return status;
    },
    nextSpoiling: () => {
      const send = http?.send;
      if (http !== undefined && --http.times <= 0) http = undefined;
      return send;
    },
  };
}
