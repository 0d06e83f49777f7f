/** Control, bidirectional-override and zero-width characters: they hide or reverse what people read. */
const unseen =
  // oxlint-disable-next-line no-control-regex -- exactly those are meant
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Text as people may see it: nothing invisible, lone surrogates replaced. */
export function visible(text: string): string {
  return text.toWellFormed().replaceAll('\r\n', '\n').replace(unseen, '');
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** At most `most` UTF-16 units, cut between graphemes, ending in "…" where something was left out. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  if (most < 1) return '';
  // Everything before the grapheme that stands where "…" has to; of one that is longer than all the room, whole code points.
  const end = graphemes.segment(text.slice(0, most + 50)).containing(most - 1)?.index ?? 0;
  const kept = text.slice(0, end > 0 ? end : most - 1);
  return `${kept.isWellFormed() ? kept : kept.slice(0, -1)}…`;
}

/** For the top-level `text`, which is mrkdwn and can ping: the three control characters escaped, once.
 *  Source: https://docs.slack.dev/messaging/formatting-message-text */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
