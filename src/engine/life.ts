/** What a process that is about to stop lets happen. One per engine. */
export type Life = {
  /** No new steps, starts or messages. */
  isStopping: () => boolean;
  /** Nothing that still runs may reach a body. */
  isOver: () => boolean;
  beginStop: () => void;
  end: () => void;
  /** Runs a step's work, counted among those in flight. */
  inFlight: <T>(work: (pause: (ms: number) => Promise<void>) => Promise<T>) => Promise<T>;
  /** Resolves when no step is in flight, at the latest after `withinMs`; true when none is. */
  drain: (withinMs: number) => Promise<boolean>;
};

/** For a body that must not go on in this process: its run continues from its record in the next one. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

export function createLife(): Life {
  let stage: 'working' | 'stopping' | 'over' = 'working';
  let flying = 0;
  let landed: (() => void) | undefined;

  function land(): void {
    flying--;
    if (flying === 0) landed?.();
  }

  /** Between two attempts nothing is in flight; a process that stops meanwhile makes no further attempt. */
  async function pause(ms: number): Promise<void> {
    land();
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (stage !== 'working') await never();
    flying++;
  }

  return {
    isStopping: () => stage !== 'working',
    isOver: () => stage === 'over',
    beginStop: () => {
      if (stage === 'working') stage = 'stopping';
    },
    end: () => {
      stage = 'over';
    },
    inFlight: async (work) => {
      flying++;
      try {
        return await work(pause);
      } finally {
        land();
      }
    },
    drain: async (withinMs) => {
      if (flying === 0) return true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, withinMs);
      });
      await Promise.race([late, new Promise<void>((resolve) => (landed = resolve))]);
      clearTimeout(timer);
      return flying === 0;
    },
  };
}
