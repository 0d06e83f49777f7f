/** The parts that all charts are made of. Pure. */

/** CSS pixels. */
export const width = 800;
export const padding = 20;

/** Legible in light and dark themes alike, since they bring their own paper. */
export const colours = {
  paper: '#f6f7f9',
  edge: '#c9ced6',
  ink: '#1d2129',
  soft: '#5a6270',
  grid: '#dde1e7',
} as const;
/** Told apart also by the colour-blind. Source: Okabe and Ito, https://jfly.uni-koeln.de/color/ */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'] as const;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that can be nothing but text: no markup, nothing that XML forbids. */
export function escaped(text: string): string {
  return (
    text
      .toWellFormed()
      // oxlint-disable-next-line no-control-regex -- exactly those are meant
      .replace(/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, ' ')
      .replace(/[&<>"']/g, (sign) => entities[sign] ?? '')
  );
}

/** Width of one letter of DejaVu Sans is about 0.6 of its size. */
const letter = 0.6;

export function textWidth(text: string, size: number): number {
  return text.length * letter * size;
}

/** At most as wide as `room`, ending in "…" where it was longer. */
export function fitted(text: string, size: number, room: number): string {
  const most = Math.max(1, Math.floor(room / (letter * size)));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** At most as wide as `room`, with its begin and its end: names often differ in the last letters only. */
export function fittedInside(text: string, size: number, room: number): string {
  const most = Math.max(3, Math.floor(room / (letter * size)));
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(-end)}`;
}

type Look = { size?: number; fill?: string; anchor?: 'start' | 'middle' | 'end'; weight?: 'bold' };

export function textAt(
  x: number,
  y: number,
  text: string,
  { size = 12, fill = colours.soft, anchor = 'start', weight }: Look = {},
): string {
  // The font has one weight; a thin outline makes it bolder.
  const bold = weight === undefined ? '' : ` stroke="${fill}" stroke-width="0.4"`;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" text-anchor="${anchor}"${bold}>${escaped(text)}</text>`;
}

export function rect(x: number, y: number, w: number, h: number, fill: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(0, w))}" height="${round(Math.max(0, h))}" fill="${fill}"/>`;
}

export function lineAt(x1: number, y1: number, x2: number, y2: number, stroke: string, more = ''): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}"${more}/>`;
}

export function round(n: number): number {
  return Math.round(n * 100) / 100;
}

/** The whole picture: paper, title, what was drawn. */
export function sheet(title: string, height: number, inside: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="DejaVu Sans">`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${colours.paper}" stroke="${colours.edge}"/>`,
    textAt(padding, 30, fitted(title, 16, width - 2 * padding), { size: 16, fill: colours.ink, weight: 'bold' }),
    ...inside,
    '</svg>',
  ].join('');
}

/** Coloured squares with names, in one row; those without room are counted. */
export function legend(names: readonly { name: string; colour: string }[], y: number): string {
  const parts: string[] = [];
  let x = padding;
  for (const [at, { name, colour }] of names.entries()) {
    const shown = fitted(name, 12, 180);
    const next = x + 18 + textWidth(shown, 12) + 18;
    if (next > width - padding - 60 && at < names.length - 1) {
      parts.push(textAt(x, y, `and ${names.length - at} more`));
      break;
    }
    parts.push(rect(x, y - 10, 12, 12, colour), textAt(x + 18, y, shown));
    x = next;
  }
  return parts.join('');
}
