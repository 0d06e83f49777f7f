/** Markup that may stand in a page as it is. Only `html` makes it. */
export type Html = { readonly markup: string };
type Part = Html | string | number | false | undefined | readonly Html[];

/**
 * Markup from a template: what is put in is escaped, unless it is markup itself. For the text of elements and for
 * attributes in double quotes, of HTML and XML; nowhere else.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { markup: strings.reduce((all, text, at) => `${all}${at === 0 ? '' : textOf(parts[at - 1])}${text}`, '') };
}

function textOf(part: Part): string {
  if (part === undefined || part === false) return '';
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return isMany(part) ? part.map(({ markup }) => markup).join('') : part.markup;
}

function isMany(part: Html | readonly Html[]): part is readonly Html[] {
  return Array.isArray(part);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Without control characters, which XML may not hold, and without those that turn the direction of what follows. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\uFFFE\uFFFF\u202A-\u202E\u2066-\u2069]/gu, ' ')
    .replaceAll(/[&<>"']/g, (found) => entities[found] ?? '');
}
