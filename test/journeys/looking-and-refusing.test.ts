import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Sandbox, startSandbox } from './sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox('--instances', '1000');
});
afterAll(() => sandbox.stop());

const told = (who: string, pattern: RegExp) =>
  sandbox
    .see('ops', (shown) => shown.ephemeral === true && pattern.test(shown.plain) && (shown.to ?? '').length > 0, 20_000)
    .then((shown) => ({ who, ...shown }));

describe('looking', () => {
  it('shows a thousand servers as a summary, and pages on demand', async () => {
    await sandbox.command('requester', 'ops', '/fleet all');
    const summary = await told('requester', /1000 servers/);
    expect(summary.buttons.map(({ action_id }) => action_id)).toContain('details');

    await sandbox.press('requester', summary, 'details');
    const page = await sandbox.see(
      'ops',
      (shown) => shown.ephemeral === true && shown.buttons.some(({ text }) => /Page 2 of 50/.test(text)),
    );
    await sandbox.press('requester', page, 'next');
    await sandbox.see(
      'ops',
      (shown) => shown.ephemeral === true && shown.buttons.some(({ text }) => /Page 3 of 50/.test(text)),
    );
  });

  it('shows the history of a site, and names the next move for one that is unknown', async () => {
    await sandbox.command('requester', 'ops', '/deck sites history demo-shop day');
    const shown = await told('requester', /the last 24 hours/);
    expect(shown.plain).toMatch(/Uptime/);
    expect(shown.plain).toMatch(/response time/);

    await sandbox.command('requester', 'ops', '/deck sites history nobody');
    await told('requester', /There is no site nobody/);
  });

  it('shows one server with its checks, disks and the age of its last snapshot', async () => {
    await sandbox.command('requester', 'ops', '/fleet db-1');

    const shown = await told('requester', /db-1 \(i-/);
    expect(shown.plain).toMatch(/system ok, instance ok/);
    expect(shown.plain).toMatch(/last snapshot .* ago/);
  });

  it('searches the fleet by filters, a page at a time, and hands over every row as a file', async () => {
    await sandbox.command('requester', 'ops', '/fleet state=running sort=age --csv');
    const page = await told('requester', /Search · all state=running sort=age/);
    expect(page.plain).toMatch(/\d+ servers with [\d,]+ GiB of disks, about \$[\d,]+ a month/);
    await sandbox.press('requester', page, 'next');
    await sandbox.see(
      'ops',
      (shown) => shown.ephemeral === true && shown.buttons.some(({ text }) => /Page 3 of/.test(text)),
    );
    const direct = await sandbox.until(async () => {
      const { body } = await sandbox.call('GET', 'messages?channel=%40deckhand&user=requester');
      return (body as { messages?: { plain: string }[] }).messages?.find(({ plain }) => plain.includes('fleet.csv'));
    }, 'the file');
    expect(direct.plain).toContain('account,region,id,name,type,zone,state,last_started,size_gib');

    await sandbox.command('requester', 'ops', '/fleet unattached --account all --region all');
    expect((await told('requester', /Search · all unattached/)).plain).toMatch(/in \d places|could not be read/);
    await sandbox.command('requester', 'ops', '/fleet role=db untagged=cost-center');
    expect((await told('requester', /Search · role=db untagged=cost-center/)).plain).toMatch(/db-1/);
    await sandbox.command('requester', 'ops', '/fleet age>90d');
    expect((await told('requester', /no filter of/)).plain).toMatch(/no-backup 26h/);
  });

  it('shows in help only what the person may run', async () => {
    await sandbox.command('requester', 'ops', '/deck help');
    expect((await told('requester', /What you can do/)).plain).toMatch(/\/restore/);
    await sandbox.command('requester', 'ops', '/deck help sites');
    expect((await told('requester', /The watched sites/)).plain).toMatch(/\/deck sites pause <name/);
    await sandbox.command('requester', 'ops', '/deck help sites add');
    await told('requester', /Watch another site/);
    await sandbox.command('requester', 'ops', '/deck sites history demo-shpo');
    await told('requester', /Did you mean demo-shop/);
    await sandbox.command('approver', 'general', '/deck help');
    const shown = await sandbox.see('general', ({ plain }) => /What you can do/.test(plain));
    expect(shown.plain).toMatch(/\/fleet/);
  });

  it('shows a hostile tag literally, in the plan and in the status, and never as markup', async () => {
    const hostile = '<!channel> & <https://evil.example|Approve> *_~';
    await sandbox.command('requester', 'ops', `/tag web-3 note="${hostile}"`);
    const card = await sandbox.read('ops', /Change tags of web-3/);
    await sandbox.press('requester', card, 'confirm');
    await sandbox.turn(card, /done: Changed tags of web-3/);
    await sandbox.command('requester', 'ops', '/fleet web-3');
    const status = await told('requester', /Status · web-3/);

    expect(card.plain).toContain(`note=${hostile}`);
    expect(status.plain).toContain(`note=${hostile}`);
    const { messages } = (await sandbox.call('GET', 'messages?channel=ops')).body as {
      messages: { text: string; blocks?: unknown }[];
    };
    expect(JSON.stringify(messages.map(({ blocks }) => blocks))).toContain(JSON.stringify(hostile).slice(1, -1));
    expect(messages.filter(({ text }) => /<!|<http|<@/.test(text))).toEqual([]);
    expect(JSON.stringify(messages.map(({ blocks }) => blocks))).not.toContain('"type":"mrkdwn"');
  });
});

describe('bad input', () => {
  it.each([
    ['/deck frobnicate', /nothing Deckhand knows.*\/deck help/s],
    ['/deck restor', /Did you mean.*\/deck restore/s],
    ['/restore vol-xyz', /not a valid volume id/],
    ['/restore i-0000000000000dead', /does not exist|not found|no longer exists|There is no/i],
    ['/fleet env=nowhere', /Nothing matches env=nowhere/],
    ['/fleet web-11111', /No server is named/],
    ['/snapshot all', /at most 50/],
    ['/tag web-1 aws:x=1', /only AWS itself/],
    ['/restore db-1 --from snap-123', /not a valid snapshot id/],
    ['/restore db-1 \u2014from yesterday', /not understood/],
    ['/deck undo r-0000000000', /no run r-0000000000/],
  ])('%s is answered with the problem and the next move', async (line, answer) => {
    await sandbox.command('requester', 'ops', line);

    await told('requester', answer);
  });

  it('names the missing permission without the encoded tail', async () => {
    await sandbox.faults({ ec2: { deny: ['ec2:CreateVolume'] } });
    await sandbox.command('requester', 'ops', '/restore db-1');

    const shown = await told('requester', /ec2:CreateVolume is missing/);
    expect(shown.plain).not.toMatch(/Encoded authorization/);
    await sandbox.faults({ ec2: { allow: '*' } });
  });

  it('refuses a member of an Auto Scaling group', async () => {
    const { instances } = await sandbox.ec2();
    const member = instances.find(({ tags }) => tags['aws:autoscaling:groupName'] !== undefined)!;
    await sandbox.command('requester', 'ops', `/restore ${member.id}`);

    await told('requester', /Auto Scaling group.*Standby/s);
  });
});

describe('who may', () => {
  it.each(['outsider', 'guest'])('%s may neither look nor change', async (user) => {
    await sandbox.command(user, 'ops', '/fleet all');
    await sandbox.command(user, 'ops', '/restore db-1');

    await sandbox.until(
      async () =>
        (await sandbox.messages('ops')).filter(
          ({ plain, ephemeral }) => ephemeral === true && /need the (viewer|operator) role|Guests may not/.test(plain),
        ).length >= 2,
      'two refusals',
    );
  });

  it('keeps a record of who asked and who was refused', async () => {
    await sandbox.command('requester', 'ops', '/deck audit');

    const shown = await told('requester', /Audit/);
    expect(shown.plain).toMatch(/refused/);
  });
});
