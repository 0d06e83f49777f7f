import type { IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';

import type { PlaceHere, Places } from '#sandbox/accounts/index.ts';
import { Problem } from '#sandbox/ec2/problems.ts';
import type { AwsPart, ControlAnswer } from '#sandbox/parts.ts';

import { type AwsOptions, createAws } from './index.ts';
import { type FindKey, placeOf } from './keys.ts';

/**
 * The services beside EC2 in every account and Region of the sandbox, each place with a state of its own, found by whose
 * keys a request is signed with.
 */
export function createAwsEverywhere({ places, ...options }: Omit<AwsOptions, 'servers'> & { places: Places }): AwsPart {
  const parts = new Map<string, ReturnType<typeof createAws>>();
  const listeners: (() => void)[] = [];

  function partOf(place: PlaceHere): ReturnType<typeof createAws> {
    const known = parts.get(place.key);
    if (known !== undefined) return known;
    const { stateFile } = options;
    const own = stateFile === undefined || place.isHome ? stateFile : join(dirname(stateFile), `aws-${place.key}.json`);
    const part = createAws({ ...options, servers: place.servers, stateFile: own, refusalOf, findKey });
    parts.set(place.key, part);
    for (const listener of listeners) part.onChange(listener);
    return part;
  }

  function refusalOf(request: IncomingMessage): Problem | undefined {
    const place = places.signedFor(request);
    if (place === 'over')
      return new Problem('ExpiredTokenException', 'The security token included in the request is expired', 403);
    if (place === 'nobody')
      return new Problem('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
    return undefined;
  }

  function findKey(...[name, by]: Parameters<FindKey>): ReturnType<FindKey> {
    return partAt(placeOf(name) ?? by)?.findKey(name, by);
  }

  function partAt(of: Parameters<Places['at']>[0]): ReturnType<typeof createAws> | undefined {
    const place = places.at(of);
    return place === undefined ? undefined : partOf(place);
  }
  const home = partAt({}) as ReturnType<typeof createAws>; // there always is one

  function faults(input: unknown): ControlAnswer {
    if (typeof input !== 'object' || input === null) return home.faults(input);
    const { account, region, ...rest }: Record<string, unknown> = { ...input };
    const part = partAt({ account: wordOf(account), region: wordOf(region) });
    return (
      part?.faults(rest) ?? {
        status: 404,
        body: { error: 'There is no such account or Region. docs/sandbox.md names those of the sandbox.' },
      }
    );
  }

  return {
    takes: home.takes,
    keyUse: home.keyUse,
    handle: (request, response) => {
      const place = places.signedFor(request);
      // Unsigned, or for nobody and nowhere: home says so.
      const part = typeof place === 'object' ? partOf(place) : home;
      part.handle(request, response);
    },
    dump: (of = {}) =>
      partAt(of)?.dump() ?? {
        error: 'There is no such account or Region. docs/sandbox.md names those of the sandbox.',
      },
    faults,
    onChange: (listener) => {
      listeners.push(listener);
      for (const part of parts.values()) part.onChange(listener);
    },
    close: async () => void (await Promise.all([...parts.values()].map((part) => part.close()))),
  };
}

/** What is no text names no place. */
function wordOf(value: unknown): string | undefined {
  return value === undefined ? undefined : typeof value === 'string' ? value : '';
}
