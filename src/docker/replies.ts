import { z } from 'zod';

import type { Container } from '#ports/containers.ts';

// What is read from an engine's replies: only the fields in use, turned into our words at once.
// Source: https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container

/** Docker writes the year 1 for never. */
const Instant = z.string().transform((text) => {
  const at = Date.parse(text);
  return at > 0 ? at : undefined;
});

export const ContainerReply = z
  .object({
    Id: z.string().regex(/^[0-9a-f]{12,64}$/),
    Name: z.string(),
    RestartCount: z.number().optional(),
    State: z.object({
      Status: z.string(),
      StartedAt: Instant,
      FinishedAt: Instant,
      ExitCode: z.number(),
      Health: z.object({ Status: z.string() }).nullish(),
    }),
    Config: z.object({ Image: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
  })
  .transform(({ State: state, Config: config, ...reply }): Container => {
    const health = state.Health?.Status ?? 'none';
    return {
      id: reply.Id,
      name: bare(reply.Name),
      image: config.Image,
      state: state.Status,
      ...(health === 'none' ? {} : { health }),
      ...(state.StartedAt === undefined ? {} : { startedAt: state.StartedAt }),
      ...(state.FinishedAt === undefined ? {} : { finishedAt: state.FinishedAt }),
      exitCode: state.ExitCode,
      restarts: reply.RestartCount ?? 0,
      labels: config.Labels ?? {},
    };
  });

export const ListReply = z.array(
  z
    .object({ Id: z.string(), Names: z.array(z.string()).nullish(), State: z.string() })
    .transform(({ Id, Names, State }) => ({ id: Id, names: (Names ?? []).map(bare), state: State })),
);

function bare(name: string): string {
  return name.replace(/^\//, '');
}

const Refused = z.object({ message: z.string() });
const longestWords = 300;

/** The engine's words in one line, cut. Not every proxy answers in JSON. */
export function messageOf(text: string): string {
  const read = Refused.safeParse(parsed(text));
  const words = read.success ? read.data.message : text;
  return words.replace(/\s+/g, ' ').trim().slice(0, longestWords).replace(/\.$/, '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
