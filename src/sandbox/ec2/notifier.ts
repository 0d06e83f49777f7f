export type Notifier = {
  onChange: (listener: () => void) => void;
  /** Something has changed, and may go on changing by itself. */
  changed: () => void;
  /** Only the count of calls went up. */
  called: () => void;
  close: () => void;
};

/** Ms in which many changes become one message. */
const togetherMs = 20;
const callsTogetherMs = 1_000;
/** The longest that a timer waits before it looks again. */
const lookAgainMs = 60_000;

/**
 * Tells listeners of changes. `nextAfter`: when the first one after that instant comes by itself (a start that ends);
 * undefined = never.
 */
export function createNotifier(
  now: () => number,
  nextAfter: (at: number) => number | undefined = () => undefined,
): Notifier {
  const listeners: (() => void)[] = [];
  let timer: { dueAt: number; handle: NodeJS.Timeout } | undefined;
  let closed = false;

  function within(ms: number): void {
    const dueAt = performance.now() + ms;
    if (closed || (timer !== undefined && timer.dueAt <= dueAt)) return;
    clearTimeout(timer?.handle);
    timer = { dueAt, handle: setTimeout(tell, ms).unref() };
  }
  function tell(): void {
    timer = undefined;
    const looked = now();
    for (const listener of listeners) listener();
    // What has come since they looked is still news to them.
    const next = nextAfter(looked);
    if (next !== undefined) within(Math.min(lookAgainMs, Math.max(togetherMs, next - now())));
  }
  return {
    onChange: (listener) => void listeners.push(listener),
    changed: () => within(togetherMs),
    called: () => within(callsTogetherMs),
    close: () => {
      closed = true;
      clearTimeout(timer?.handle);
    },
  };
}
