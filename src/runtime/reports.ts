import type { TextFile } from '#operations/contract.ts';
import type { ChannelId } from '#ports/ids.ts';
import type { Json } from '#ports/json.ts';
import type { Message } from '#ports/text.ts';

import { attachOnce, postOnce } from './posting.ts';
import type { World } from './world.ts';

export type PostedReport = { channel: ChannelId; message: Message; file?: TextFile };

/**
 * Serves a report that is composed and posted once for each id that is started, whichever replica ends it; twice after a
 * crash between the post and its record, never not at all. What `compose` throws as Transient is tried again; undefined =
 * there is nothing to say.
 */
export function serveReport(
  world: World,
  name: string,
  compose: (input: Json) => Promise<PostedReport | undefined>,
): void {
  world.engine.serve(name, async (durable, input) => {
    const report = await durable.step('compose', async () => (await compose(input)) ?? null, { attempts: 30 });
    if (report === null) return null;
    const { channel, message, file } = report;
    const ref = await durable.step('post', () => postOnce(world, channel, message, ''), { attempts: 30 });
    if (file !== undefined) await attachOnce(world, durable, 'csv', { ref, file });
    return ref.ts;
  });
}
