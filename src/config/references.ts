import { variables } from './environment.ts';

type Fault = { path: readonly PropertyKey[]; what: string; next: string };
type Variables = Readonly<Record<string, string | undefined>>;
type Texts = { headers?: Readonly<Record<string, string>> | undefined; body?: string | undefined };

/** `${env:NAME}` in the sites' headers and bodies: a variable that is not set, or that is Deckhand's own, as `own` are. */
export function referenceFaults(
  sites: readonly Texts[],
  env: Variables | undefined,
  own: readonly string[],
): readonly Fault[] {
  return sites.flatMap(({ headers = {}, body }, at) => [
    ...Object.entries(headers).flatMap(([name, value]) =>
      faultsIn(value, ['sites', at, 'headers', name], { env, own }),
    ),
    ...faultsIn(body ?? '', ['sites', at, 'body'], { env, own }),
  ]);
}

function faultsIn(
  text: string,
  path: readonly PropertyKey[],
  { env, own }: { env: Variables | undefined; own: readonly string[] },
): readonly Fault[] {
  return [...text.matchAll(/\$\{env:([^}]*)\}?/g)].flatMap(([written, name = '']): Fault[] => {
    if (!/^[A-Za-z_]\w*$/.test(name) || !written.endsWith('}'))
      return [{ path, what: 'holds a reference that cannot be read.', next: 'Write it as `${env:SHOP_TOKEN}`.' }];
    if (isOwn(name) || own.includes(name))
      return [
        {
          path,
          what: `would send ${name} to the site.`,
          next: 'The secrets of Deckhand itself go to no site. Use a variable of its own, such as SHOP_TOKEN.',
        },
      ];
    if (env !== undefined && (env[name]?.trim() ?? '') === '')
      return [
        {
          path,
          what: `needs the variable ${name}, which is not set.`,
          next: 'Set it in .env, then start Deckhand again.',
        },
      ];
    return [];
  });
}

function isOwn(name: string): boolean {
  return (variables as readonly string[]).includes(name) || /^(AWS|SLACK|DECKHAND|PG)/i.test(name);
}
