/// <reference lib="dom" />
import { h } from './dom.ts';
import type { SlackFile } from './shapes.ts';

/** A file under a message: a picture as it is, a text with its beginning, and always a way to download it. */
export function fileView(file: SlackFile): HTMLElement {
  const address = `/slack/files/${encodeURIComponent(file.id)}/${encodeURIComponent(file.name)}`;
  const title = file.title ?? file.name;
  const isPicture = file.mimetype?.startsWith('image/') === true;
  return h(
    'figure',
    { class: 'block file' },
    isPicture && h('img', { src: address, alt: file.alt_txt ?? title, loading: 'lazy' }),
    !isPicture && (file.preview ?? '') !== '' && h('pre', {}, file.preview),
    h(
      'figcaption',
      {},
      title,
      ' · ',
      h('a', { href: address, download: file.name, 'data-focus': `file-${file.id}` }, file.name),
      ` (${sizeWords(file.size ?? 0)})`,
    ),
  );
}

function sizeWords(bytes: number): string {
  return bytes < 1_000 ? `${bytes} bytes` : `${Math.round(bytes / 1_000)} kB`;
}
