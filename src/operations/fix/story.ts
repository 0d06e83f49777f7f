import { isRefusal } from '#errors.ts';
import type { Story } from '#operations/story-contract.ts';
import type { Deployment, ScriptResult } from '#ports/platform.ts';

import type { Act, FixPlan, FixResult } from './plan.ts';

/** Over its own time, what AWS may take to deliver a script and to report its end. */
const slackMs = 120_000;

/** Acts once; then the checks of the site decide whether it helped, not what the act says of itself. */
export async function fix(story: Story, plan: FixPlan): Promise<FixResult> {
  story.stage(0);
  const said = await act(story, plan);
  story.stage(1);
  return { helped: await isUpWithin(story, plan), said };
}

async function act(story: Story, { act: how, server }: FixPlan): Promise<string | null> {
  switch (how.kind) {
    case 'container':
      return restartContainer(story, how);
    case 'ecs':
      return redeploy(story, how);
    case 'script':
      return runScript(story, how, server);
  }
}

async function restartContainer(story: Story, { engine, container: name }: Act & { kind: 'container' }): Promise<null> {
  const { containers } = story.platform;
  const before = await story.step('look at the container', async () => {
    const { startedAt } = await containers.container(engine, name);
    return { startedAt: startedAt ?? null };
  });
  // Repeatable: one that was started after that is not started again.
  await story.step('restart the container', () =>
    containers.restart(engine, { name, startedAt: before.startedAt ?? undefined }),
  );
  return null;
}

async function redeploy(story: Story, of: Act & { kind: 'ecs' }): Promise<null> {
  const { services } = story.platform;
  const known = await story.step('look at the service', async () =>
    (await services.service(of)).deployments.map(({ id }) => id),
  );
  await story.effect('redeploy the service', {
    find: async () => idOf((await services.service(of)).deployments.find(({ id }) => !known.includes(id))),
    act: async () => (await services.redeploy(of)).id,
  });
  return null;
}

function idOf(deployment: Deployment | undefined): string | undefined {
  return deployment?.id;
}

async function runScript(
  story: Story,
  { lines, windows, timeoutMs }: Act & { kind: 'script' },
  server: FixPlan['server'],
): Promise<string | null> {
  if (server === null) throw new Error('a script has a server'); // plan.ts gives it one
  const { scripts } = story.platform;
  const { id: instanceId } = server;
  const comment = `deckhand fix ${story.order.id}`;
  const document = windows ? 'AWS-RunPowerShellScript' : 'AWS-RunShellScript';
  const timeoutSec = Math.ceil(timeoutMs / 1_000);
  const command = await story.effect('run the script', {
    find: () => scripts.find({ instanceId, comment, since: 0 }),
    act: () => scripts.run({ instanceId, document, lines, timeoutSec, comment }),
  });
  return orTooLong(
    () =>
      story.poll('the end of the script', {
        look: async () => {
          const end = await scripts.result(command, instanceId);
          return end.state === 'waiting' || end.state === 'running' ? undefined : { said: described(end) };
        },
        withinMs: timeoutMs + slackMs,
        what: 'The end of the script',
      }),
    { said: 'it did not come to an end in time' },
  ).then(({ said }) => said);
}

function described({ state, detail, exitCode, errors, output }: ScriptResult): string | null {
  if (state === 'succeeded') return null;
  const said = (errors.trim() || output.trim()).slice(-200);
  return `${state} (${exitCode === undefined ? detail : `exit code ${exitCode}`})${said === '' ? '' : `: ${said}`}`;
}

/** By the recovery rule of the site itself: as many good checks in a row as end its incident. */
async function isUpWithin(story: Story, { site: name, withinMs }: FixPlan): Promise<boolean> {
  const look = async () => {
    const site = (await story.sites()).find((one) => one.name === name);
    return site !== undefined && up.includes(site.state) ? true : undefined;
  };
  return orTooLong(() => story.poll('the site is up', { look, withinMs, what: `${name} being up` }), false);
}

const up = ['up', 'degraded', 'intermittent'];

async function orTooLong<T>(wait: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    if (isRefusal(error) && error.code === 'conflict') return otherwise;
    throw error;
  }
}
