import type { Line, Message } from '#ports/text.ts';

import type { Suggestion } from './suggest.ts';

/** Lines that are ready to be typed. */
export function discovered(
  found: readonly Suggestion[],
  of: { blind: readonly { where: string; why: string }[]; page: number; tag: string },
): Message {
  const most = 10;
  const shown = found.slice(of.page * most, (of.page + 1) * most);
  const none: Line = [
    'Nothing that is not watched already. A server can name its address in the tag ',
    { code: of.tag },
    '.',
  ];
  return {
    alert: `${found.length} sites that are not watched`,
    title: 'Sites that are not watched',
    sections: [
      {
        kind: 'list',
        items: shown.length === 0 ? [none] : shown.map(({ line, because }): Line => [{ code: line }, ` · ${because}`]),
      },
      ...(of.blind.length === 0
        ? []
        : [
            {
              kind: 'list',
              items: of.blind.map(({ where, why }): Line => `${where} could not be read: ${why}`),
            } as const,
          ]),
      { kind: 'note', line: 'Nothing was added. Copy a line to add its site.' },
    ],
    buttons: [
      ...(of.page > 0 ? [{ verb: 'previous', label: 'Back' } as const] : []),
      ...(found.length > (of.page + 1) * most ? [{ verb: 'next', label: 'More' } as const] : []),
      { verb: 'refresh', label: 'Refresh' },
    ],
  };
}
