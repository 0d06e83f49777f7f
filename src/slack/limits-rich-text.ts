import { among, boolean, integer, list, record, type, string, typed } from './limits-rules.ts';
import type { Fields, Rule } from './limits-rules.ts';

/** Slack documents no count for rich text; a section's text limit keeps single pieces sane, the view size the whole.
 *  Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
const mostPieces = 1_000;
const longestPiece = 12_000;

const style = record({}, { bold: boolean, code: boolean, italic: boolean, strike: boolean, underline: boolean });
const mentionStyle = record(
  {},
  {
    bold: boolean,
    italic: boolean,
    strike: boolean,
    highlight: boolean,
    client_highlight: boolean,
    unlink: boolean,
    code: boolean,
    underline: boolean,
  },
);
const text = record({ ...type, text: string(longestPiece) }, { style });
const link = record({ ...type, url: string(3_000) }, { text: string(longestPiece), unsafe: boolean, style });

const pieces: Fields = {
  text,
  link,
  user: record({ ...type, user_id: string(50) }, { style: mentionStyle }),
  usergroup: record({ ...type, usergroup_id: string(50) }, { style: mentionStyle }),
  team: record({ ...type, team_id: string(50) }, { style: mentionStyle }),
  channel: record({ ...type, channel_id: string(50) }, { style: mentionStyle }),
  broadcast: record({ ...type, range: among('here', 'channel', 'everyone') }, { style }),
  color: record({ ...type, value: string(20) }, { style }),
  date: record(
    { ...type, timestamp: integer(0, 99_999_999_999), format: string(300) },
    { url: string(3_000), fallback: string(300), style },
  ),
  emoji: record(
    { ...type, name: string(100) },
    { unicode: string(100), url: string(3_000), skin_tone: integer(1, 6), style },
  ),
};

const border = among(0, 1);
const section = record({ ...type, elements: list(typed(pieces), mostPieces, 0) });

/** A rich_text block. Untrusted text belongs here: nothing in a `text` piece is ever read as markup. */
export const richText: Rule = record(
  {
    ...type,
    elements: list(
      typed({
        rich_text_section: section,
        rich_text_list: record(
          {
            ...type,
            elements: list(typed({ rich_text_section: section }), mostPieces),
            style: among('bullet', 'ordered'),
          },
          { indent: integer(0, 8), offset: integer(0, 100_000), border },
        ),
        rich_text_quote: record({ ...type, elements: list(typed(pieces), mostPieces) }, { border }),
        rich_text_preformatted: record(
          { ...type, elements: list(typed({ text, link }), mostPieces) },
          { border, language: string(50) },
        ),
      }),
      mostPieces,
    ),
  },
  { block_id: string(255) },
);
