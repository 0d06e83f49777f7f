import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { createAwsPlatform } from '#aws/platform.ts';
import { createContainers } from '#docker/containers.ts';
import type { InstanceId } from '#ports/ids.ts';
import { createLog, realClock } from '#test/aws/support.ts';
import { type Child, printed, startNode, tempFolder } from '#test/support/processes.ts';

import { createDriver, type Driver } from './sandbox.ts';

/** The whole sandbox, the bot included; our adapters reach its services and its Docker engine from outside. */
const folder = tempFolder('platform');
let child: Child;
let sandbox: Driver;
const containers = createContainers();

async function start(): Promise<void> {
  child = startNode(['src/sandbox/main.ts', '--port', '0', '--speed', '50', '--data-dir', folder.path]);
  const [, url] = await printed(child, /Deckhand sandbox ready: (http:\S+)/, 60_000);
  sandbox = createDriver(url!);
  vi.stubEnv('AWS_ENDPOINT_URL', `${url}/aws`);
}
beforeAll(start);
afterAll(async () => {
  vi.unstubAllEnvs();
  await containers.close();
  await child.kill('SIGTERM');
  folder.remove();
});

const platformNow = () =>
  createAwsPlatform({
    region: 'us-east-1',
    credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
    clock: realClock,
    log: createLog(),
  });
const engine = () => ({ address: `${sandbox.url}/docker` });
const kept = (file: string) => readFileSync(join(folder.path, file), 'utf8');
const siteNow = async () => (await sandbox.call('GET', 'site')).body;

describe('the demo site', () => {
  it('is mended by restarting its container, which ends its alert', async () => {
    await sandbox.faults({ site: { up: false }, docker: { kill: 'shop' } });
    const alert = await sandbox.read('alerts', /CRITICAL.*demo-shop/s, 30_000);
    const { state, startedAt } = await containers.container(engine(), 'shop');
    expect(state).toBe('exited');

    await containers.restart(engine(), { name: 'shop', startedAt });

    await sandbox.turn(alert, /Over after/, 30_000);
    expect(await containers.container(engine(), 'shop')).toMatchObject({ state: 'running', health: 'healthy' });
  });

  it('is mended by a new deployment and by a script that restarts it, but not when it is not mendable', async () => {
    const platform = platformNow();
    await sandbox.site({ status: 500 });
    await platform.services.redeploy({ cluster: 'default', service: 'shop' });
    expect(await siteNow()).toMatchObject({ up: true, status: 200 });

    const script = {
      instanceId: (await sandbox.server('web-1')).id as InstanceId,
      document: 'AWS-RunShellScript',
      timeoutSec: 30,
      comment: 'remedy',
    } as const;
    await sandbox.site({ status: 500 });
    await platform.scripts.run({ ...script, lines: ['uptime'] });
    expect(await siteNow()).toMatchObject({ status: 500 });
    await platform.scripts.run({ ...script, lines: ['systemctl restart shop'] });
    expect(await siteNow()).toMatchObject({ status: 200 });

    await sandbox.site({ status: 500, cure: 'nothing' });
    await platform.scripts.run({ ...script, lines: ['systemctl restart shop'] });
    expect(await siteNow()).toMatchObject({ status: 500 });
    await sandbox.site({ status: 200, cure: 'restart' });
    platform.close();
  });
});

describe('what the services and the engine hold', () => {
  it('outlives a sandbox that is killed', async () => {
    await sandbox.faults({
      aws: { object: { bucket: 'states', key: 'a.tfstate', text: '{}' } },
      docker: { kill: 'shop-db' },
    });
    // Written a moment later, as a whole.
    await sandbox.until(async () => kept('aws.json').includes('a.tfstate'), 'the state file');
    await sandbox.until(async () => kept('docker.json').includes('137'), 'the state file of the engine');
    await child.kill('SIGKILL');
    await start();

    const platform = platformNow();
    expect(Buffer.from((await platform.objects.read({ bucket: 'states', key: 'a.tfstate' })).bytes).toString()).toBe(
      '{}',
    );
    expect(await containers.container(engine(), 'shop-db')).toMatchObject({ state: 'exited', exitCode: 137 });
    platform.close();
  });
});
