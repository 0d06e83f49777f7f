import { stringify } from 'csv-stringify/sync';

/**
 * A table as CSV (RFC 4180, CRLF, header first) for spreadsheets. Cells are literal: what a spreadsheet would run as a
 * formula (`=`, `+`, `-`, `@` in front) is defused. Source: https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { header: true, columns: [...columns], escape_formulas: true, record_delimiter: 'windows' },
  );
}
