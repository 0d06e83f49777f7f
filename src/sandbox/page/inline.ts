/** Text inside a line, as Slack shows it: what mrkdwn and rich_text both come down to. All text is literal. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'bold' | 'italic' | 'strike'; inside: readonly Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; url: string; label: string }
  | { kind: 'user' | 'channel' | 'group'; id: string; label?: string }
  | { kind: 'broadcast'; range: string }
  | { kind: 'date'; seconds: number; format: string; fallback: string }
  | { kind: 'emoji'; name: string; unicode?: string }
  | { kind: 'color'; value: string };

/** A piece of text that stands on lines of its own. */
export type Paragraph =
  | { kind: 'lines'; inside: readonly Inline[] }
  | { kind: 'quote'; inside: readonly Inline[] }
  | { kind: 'preformatted'; text: string };

/** The address when it is one to click (http, https), else undefined: `javascript:` and the like stay text. */
export function webAddress(text: string): string | undefined {
  const url = URL.parse(text);
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined;
}
