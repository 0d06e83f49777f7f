/** Slack's date tokens, in the reader's own time zone. `now`: epoch ms. Unknown tokens stay as they are.
 *  Source: https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export function formatDate(format: string, seconds: number, now: number): string {
  const at = new Date(seconds * 1_000);
  return format.replace(/\{(\w+)\}/g, (token, name: string) => dateToken(name, at, now) ?? token);
}

function dateToken(name: string, at: Date, now: number): string | undefined {
  switch (name) {
    case 'date_num':
      return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    case 'date_slash':
      return at.toLocaleDateString('en-US');
    case 'date':
    case 'date_pretty':
      return day(at, now, name, { month: 'long', day: 'numeric', year: 'numeric' });
    case 'date_short':
    case 'date_short_pretty':
      return day(at, now, name, { month: 'short', day: 'numeric', year: 'numeric' });
    case 'date_long':
    case 'date_long_pretty':
      return day(at, now, name, { weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' });
    case 'day_divider_pretty':
      return day(at, now, 'pretty', { weekday: 'long', month: 'long', day: 'numeric' });
    case 'time':
      return clock(at);
    case 'time_secs':
      return `${clock(at)}:${two(at.getSeconds())}`;
    case 'ago':
      return ago(at.getTime(), now);
    default:
      return undefined;
  }
}

function day(at: Date, now: number, name: string, style: Intl.DateTimeFormatOptions): string {
  if (name.endsWith('pretty')) {
    const start = (instant: number): number => new Date(instant).setHours(0, 0, 0, 0);
    const days = Math.round((start(at.getTime()) - start(now)) / 86_400_000);
    const word = { '-1': 'yesterday', '0': 'today', '1': 'tomorrow' }[String(days)];
    if (word !== undefined) return word;
  }
  return at.toLocaleDateString('en-US', style);
}

/** 14:05, by the reader's clock. */
export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** "3 minutes ago", "in 2 hours". Both epoch ms. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? (['second', 1] as const);
  return new Intl.RelativeTimeFormat('en-US').format(Math.round(seconds / length), unit);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
