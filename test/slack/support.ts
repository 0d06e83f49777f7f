import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { slashCommands } from '#generate.ts';
import { operations } from '#operations/index.ts';
import type { CommandRequest, FormSubmission, Inbound, Press } from '#ports/chat.ts';
import { createSlack as createMakeBelieve } from '#sandbox/slack/index.ts';
import { sandboxSigningSecret, sandboxTokens } from '#sandbox/slack/seed.ts';
import { createSlack } from '#slack/app.ts';
import { manifest } from '#slack/manifest.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

/** The real adapter on the make-believe workspace, over a real socket on loopback. */
export async function startSlack(mode: 'socket' | 'http' = 'socket') {
  let url = '';
  const port = mode === 'http' ? await freePort() : 0;
  const workspace = createMakeBelieve({
    baseUrl: () => `${url}/slack`,
    now: Date.now,
    ...(mode === 'http'
      ? { requestUrl: `http://127.0.0.1:${port}/slack/events`, signingSecret: sandboxSigningSecret }
      : {}),
    manifest: manifest({ mode, prefix: '', commands: slashCommands(operations) }),
  });
  const server = createServer((request, response) => workspace.handle(request, response));
  server.on('upgrade', (request, socket, head) => workspace.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const heard = {
    commands: [] as CommandRequest[],
    presses: [] as Press[],
    forms: [] as FormSubmission[],
    homes: [] as string[],
    lost: 0,
  };
  const inbound: Inbound = {
    command: async (request) => void heard.commands.push(request),
    press: async (press) => void heard.presses.push(press),
    submit: async (form) => (
      heard.forms.push(form),
      form.values['from'] === 'bad' ? { from: 'not like this' } : undefined
    ),
    suggest: async (_of, typed) => [{ value: 'i-00000001', label: `web-1 ${typed}` }],
    homeOpened: async (user) => void heard.homes.push(user),
  };
  const slack = await createSlack({
    botToken: sandboxTokens.bot,
    apiUrl: `${url}/slack/api/`,
    connection:
      mode === 'http'
        ? { kind: 'http', signingSecret: sandboxSigningSecret }
        : { kind: 'socket', appToken: sandboxTokens.app },
    port,
    host: '127.0.0.1',
    commandPrefix: '',
    commands: ['deck', 'restore', 'snapshot'],
    clock: createClock(),
    log: silentLog,
    figures: () => ({ siteChecks: { skipped: 0 } }),
    onLost: () => void heard.lost++,
    editGapMs: 20,
  });
  await slack.start(inbound);
  async function stop(): Promise<void> {
    await slack.stop();
    await workspace.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return { slack, workspace, heard, port, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
