/** `web-1 (i-0abc…)`, or the id alone when there is no Name. */
export function label(of: { id: string; name: string }): string {
  return of.name === '' ? of.id : `${of.name} (${of.id})`;
}

/** `1 volume`, `3 volumes`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `3,400`. */
export function amount(n: number): string {
  return n.toLocaleString('en-US');
}

/** `850 MiB`, `1.5 GiB`, `12 TiB`; powers of 1,024. */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const step = n < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(n) / 10));
  const value = n / 2 ** (10 * step);
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[step]}`;
}

/** Two units at most: `45 s`, `12 min`, `3 h 20 min`, `5 d 2 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** The first `shown` items and what is left: `a, b and 5 more`. */
export function some(items: readonly string[], shown: number): string {
  if (items.length <= shown) return items.join(', ');
  return `${items.slice(0, shown).join(', ')} and ${items.length - shown} more`;
}

/** `2026-12-01 03:00 UTC`, where a text cannot show each reader their own time. */
export function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
