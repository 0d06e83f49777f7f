/** Control, bidirectional-override and zero-width characters: they hide or reverse what people read. */
// oxlint-disable-next-line no-control-regex -- exactly those are meant
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;

/** Text as people may see it: nothing invisible, lone surrogates replaced. */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(unseen, '');
}

/** At most `most` UTF-16 units, cut between graphemes, ending in "…" where something was left out. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = '';
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text.slice(0, most + 50))) {
    if (kept.length + segment.length > most - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** For the top-level `text`, which is mrkdwn and can ping: the three control characters escaped, once.
 *  Source: https://docs.slack.dev/messaging/formatting-message-text */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
