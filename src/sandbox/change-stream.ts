import type { ServerResponse } from 'node:http';

/** Tells every listening page that something changed, by server-sent events. */
export type ChangeStream = {
  /** Keeps the response open and writes to it from now on. 503 when too many listen. */
  join: (response: ServerResponse) => void;
  /** Tells that a part changed. Many calls within 40 ms become one event. */
  changed: (part: ChangedPart) => void;
  /** Ends every stream. Idempotent. */
  close: () => void;
};
export type ChangedPart = 'slack' | 'ec2' | 'aws' | 'docker' | 'site';

const gatherMs = 40;
/** Keeps proxies and the browser from giving up on a silent stream. */
const heartbeatMs = 15_000;
const mostListeners = 64;

/** A stream without listeners; its timers do not keep the process alive. */
export function createChangeStream(): ChangeStream {
  const listeners = new Set<ServerResponse>();
  const waiting = new Set<ChangedPart>();
  let timer: NodeJS.Timeout | undefined;
  const heartbeat = setInterval(() => tell(': still here\n\n'), heartbeatMs).unref();

  function tell(text: string): void {
    for (const response of listeners) response.write(text);
  }
  function flush(): void {
    timer = undefined;
    for (const part of waiting) tell(`event: change\ndata: ${part}\n\n`);
    waiting.clear();
  }
  return {
    join: (response) => {
      if (listeners.size >= mostListeners) {
        response.writeHead(503, { 'content-type': 'application/json' });
        response.end('{"error":"Too many pages listen to the sandbox. Close some of its tabs and try again."}\n');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      // The browser comes back by itself after this many ms.
      response.write('retry: 1000\n\n');
      listeners.add(response);
      response.once('close', () => listeners.delete(response));
    },
    changed: (part) => {
      waiting.add(part);
      timer ??= setTimeout(flush, gatherMs).unref();
    },
    close: () => {
      clearInterval(heartbeat);
      clearTimeout(timer);
      for (const response of listeners) response.end();
      listeners.clear();
    },
  };
}
