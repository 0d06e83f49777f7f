import { Transient } from '#errors.ts';

/** The answer of `call`, or Transient after `ms`. The call itself goes on and may still take effect. */
export async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Transient('The store did not answer in time. Try again in a moment.')), ms);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}
