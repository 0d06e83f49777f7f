import type { Chat } from '#ports/chat.ts';
import type { Log } from '#ports/clock.ts';
import type { Chart, Pictures } from '#ports/pictures.ts';
import type { Section } from '#ports/text.ts';

export type PictureWorld = { chat: Pick<Chat, 'file'>; pictures: Pictures; log: Log };

/** A chart in a message; where it cannot be drawn or kept, its words. Repeatable; never throws. */
export async function pictureOf(world: PictureWorld, chart: Chart): Promise<Section> {
  try {
    const { bytes, alt } = await world.pictures.draw(chart);
    try {
      const { id } = await world.chat.file({ name: 'chart.png', title: chart.title, alt, bytes });
      return { kind: 'image', file: id, alt };
    } catch (error) {
      world.log.warn({ chart: chart.title, err: error }, 'a chart could not be uploaded; its words stand in');
      return { kind: 'text', lines: [alt] };
    }
  } catch (error) {
    world.log.error({ chart: chart.title, err: error }, 'a chart could not be drawn');
    return { kind: 'note', line: `${chart.title}: the chart could not be drawn. Ask an admin to look at the log.` };
  }
}
