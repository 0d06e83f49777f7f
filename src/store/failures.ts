import { asTransient } from '#lib/store-away.ts';

/** Runs a call to the store; a store that is away, full or too busy is Transient, anything else a fault as it is. */
export async function stored<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asTransient(error);
  }
}
