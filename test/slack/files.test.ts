import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Message } from '#ports/text.ts';
import { createChat } from '#slack/chat.ts';
import { boltLogger } from '#slack/logger.ts';
import { silentLog } from '#test/support/store.ts';
import { createClock } from '#timers/clock.ts';

import { startSlack } from './support.ts';

type Shown = {
  ts: string;
  thread_ts?: string;
  text: string;
  plain: string;
  blocks?: { type: string }[];
  files?: Attached[];
};
type Attached = { id: string; name: string; title: string; mimetype: string; url_private: string; alt_txt?: string };

const png = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
const words = (text: string) => ({
  message: { alert: text, sections: [{ kind: 'text' as const, lines: [text] }] },
  token: '',
});
const pictured = (file: string): Message => ({
  alert: 'Latency',
  sections: [{ kind: 'image', file, alt: 'p95 rose from 80 to 900 ms' }],
});

describe('a file, through the real adapter', () => {
  let started: Awaited<ReturnType<typeof startSlack>>;
  beforeEach(async () => {
    started = await startSlack();
  });
  afterEach(() => started.stop());
  const shown = () =>
    (started.workspace.messages(new URLSearchParams({ channel: 'ops' })).body as { messages: Shown[] }).messages;

  it('is shared in the thread with its title, and can be downloaded as it was', async () => {
    const { chat } = started.slack;
    const card = await chat.post('C0OPS', words('a card'));

    const text = 'import {\n  to = aws_ebs_volume.data\n}\n';
    await chat.file({ channel: 'C0OPS', threadTs: card.ts, name: 'import.tf', title: 'Import <!here> blocks', text });

    const [file] = shown().at(-1)?.files ?? [];
    expect(shown().at(-1)).toMatchObject({ thread_ts: card.ts, plain: expect.stringContaining('aws_ebs_volume.data') });
    expect(file).toMatchObject({ name: 'import.tf', title: 'Import <!here> blocks' });
    expect(await (await fetch(file!.url_private)).text()).toBe(text);
  });

  it('that is a picture shows inside a message, with its words', async () => {
    const { chat } = started.slack;
    const { id } = await chat.file({ name: 'latency.png', title: 'Latency', bytes: png, alt: 'a line' });

    await chat.post('C0OPS', { message: pictured(id), token: '' });

    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toMatchObject({
      plain: '[p95 rose from 80 to 900 ms]',
      blocks: [{ type: 'image', slack_file: { id } }],
    });
  });

  it('that Slack is still processing holds the message up a moment, not for good', async () => {
    const { chat } = started.slack;
    started.workspace.faults({ fileProcessingMs: 700 });
    const soon = await chat.file({ name: 'a.png', title: 'a', bytes: png });

    await chat.post('C0OPS', { message: pictured(soon.id), token: '' });

    expect(shown()[0]?.blocks).toMatchObject([{ type: 'image' }]);
  });

  it('that never becomes a picture gives way to its words', async () => {
    const { chat } = started.slack;

    await chat.post('C0OPS', { message: pictured('F0NEVERTHERE'), token: '' });

    expect(shown()[0]).toMatchObject({ plain: 'p95 rose from 80 to 900 ms', blocks: [{ type: 'context' }] });
  }, 15_000);

  it.each([
    ['', 'bad-input'],
    ['x'.repeat(10_000_001), 'bad-input'],
  ])('that is empty or too large is refused before anything is sent', async (text, code) => {
    await expect(started.slack.chat.file({ name: 'a.txt', title: 'a', text })).rejects.toMatchObject({ code });

    expect(started.workspace.workspace()).not.toMatchObject({ apiCalls: { 'files.getUploadURLExternal': 1 } });
  });

  it('for a channel Deckhand is not in is refused with the way out', async () => {
    const file = { channel: 'C0ELSEWHERE', name: 'a.txt', title: 'a', text: 'a' };

    await expect(started.slack.chat.file(file)).rejects.toMatchObject({
      code: 'not-here',
      message: expect.stringMatching(/invite/),
    });
  });
});

describe('an upload', () => {
  const chat = createChat({
    botToken: 'xoxb-test',
    apiUrl: undefined,
    teamId: 'T1',
    clock: createClock(),
    log: silentLog,
    logger: boltLogger(silentLog),
    isConnected: () => true,
  });
  const file = { name: 'a.txt', title: 'a', text: 'grüße' };
  const address = (upload_url: string) =>
    nock('https://slack.com')
      .post('/api/files.getUploadURLExternal', (body: Record<string, string>) => body['length'] === '7')
      .reply(200, { ok: true, file_id: 'F0123ABCDE', upload_url });
  beforeEach(() => nock.disableNetConnect());
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    nock.restore();
    nock.activate();
    nock.enableNetConnect();
    if (pending.length > 0) throw new Error(`never asked for: ${pending.join(', ')}`);
  });

  it('sends the bytes without the token, then completes', async () => {
    address('https://files.slack.com/upload/v1/abc');
    nock('https://files.slack.com', { badheaders: ['authorization'] })
      .post('/upload/v1/abc', 'grüße')
      .reply(200, 'OK - 7');
    nock('https://slack.com').post('/api/files.completeUploadExternal').reply(200, { ok: true, files: [] });

    expect(await chat.file(file)).toEqual({ id: 'F0123ABCDE' });
  });

  it('whose answer was lost is of unknown outcome when it was to be shared, and worth another try when not', async () => {
    const lost = () => {
      address('https://files.slack.com/upload/v1/abc');
      nock('https://files.slack.com').post('/upload/v1/abc').reply(200);
      nock('https://slack.com')
        .post('/api/files.completeUploadExternal')
        .reply(200, { ok: false, error: 'fatal_error' });
    };
    lost();
    await expect(chat.file({ ...file, channel: 'C1' })).rejects.toMatchObject({ code: 'ambiguous' });
    lost();
    await expect(chat.file(file)).rejects.toMatchObject({ code: 'transient' });
  });

  it('whose bytes were not taken is tried again by the caller', async () => {
    address('https://files.slack.com/upload/v1/abc');
    nock('https://files.slack.com').post('/upload/v1/abc').reply(500);

    await expect(chat.file({ ...file, channel: 'C1' })).rejects.toMatchObject({ code: 'transient' });
  });

  it('to an address that is not https is refused', async () => {
    address('http://169.254.169.254/latest');

    await expect(chat.file(file)).rejects.toMatchObject({ code: 'not-permitted' });
  });
});
