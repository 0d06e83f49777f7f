/** What crosses a step, an order or a message: plain data, no class instances, no undefined in arrays. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
