import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { slashCommands } from '#generate.ts';
import { operations } from '#operations/index.ts';
import type { CommandRequest, FormSubmission, Inbound, Press } from '#ports/chat.ts';
import { createSlack as createMakeBelieve } from '#sandbox/slack/index.ts';
import { sandboxTokens } from '#sandbox/slack/seed.ts';
import { createSlack } from '#slack/app.ts';
import { manifest } from '#slack/manifest.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

/** The real adapter on the make-believe workspace, over a real socket on loopback. */
export async function startSlack() {
  let url = '';
  const workspace = createMakeBelieve({
    baseUrl: () => `${url}/slack`,
    now: Date.now,
    manifest: manifest({ mode: 'socket', prefix: '', commands: slashCommands(operations) }),
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
    connection: { kind: 'socket', appToken: sandboxTokens.app },
    port: 0,
    host: '127.0.0.1',
    commandPrefix: '',
    commands: ['deck', 'restore', 'snapshot'],
    clock: createClock(),
    log: silentLog,
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
  return { slack, workspace, heard, stop };
}
