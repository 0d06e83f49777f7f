import { richText } from './limits-rich-text.ts';
import {
  among,
  boolean,
  both,
  integer,
  isPlain,
  list,
  number,
  objectsIn,
  record,
  string,
  type,
  typed,
} from './limits-rules.ts';
import type { Fields, Rule } from './limits-rules.ts';

const named = { block_id: string(255) };
const mostColumns = 20;

const cells: Fields = {
  raw_text: record({ ...type, text: string(10_000) }),
  raw_number: record({ ...type, value: number, text: string(1_000) }),
  rich_text: richText,
};

/** At most 100 rows, the header included, of at most 20 columns.
 *  Source: https://docs.slack.dev/reference/block-kit/blocks/table-block */
export const table: Rule = both(
  record(
    { ...type, rows: list(list(typed(cells), mostColumns), 100) },
    {
      ...named,
      column_settings: list(record({}, { align: among('left', 'center', 'right'), is_wrapped: boolean }), mostColumns),
    },
  ),
  rowsAreEqual,
);

/** 2 to 101 rows, the header included; Slack's pages name 101 and 201, and 101 is safe under both.
 *  Source: https://docs.slack.dev/reference/block-kit/blocks/data-table-block */
export const dataTable: Rule = both(
  record(
    { ...type, caption: string(1_000), rows: list(list(typed(cells), mostColumns), 101, 2) },
    { ...named, page_size: integer(1, 100), row_header_column_index: integer(0, mostColumns - 1) },
  ),
  rowsAreEqual,
  (value, pointer, report) => {
    if (!isPlain(value) || !Array.isArray(value['rows'])) return;
    objectsIn(value['rows'][0]).forEach((cell, at) => {
      if (cell['type'] === 'rich_text')
        report(`${pointer}/rows/0/${at}/type`, 'unsupported_type', 'unsupported type: rich_text in a header');
    });
  },
);

function rowsAreEqual(value: unknown, pointer: string, report: Parameters<Rule>[2]): void {
  if (!isPlain(value) || !Array.isArray(value['rows'])) return;
  const rows = value['rows'].map((row): unknown[] => (Array.isArray(row) ? row : []));
  rows.forEach((row, at) => {
    if (row.length !== rows[0]?.length)
      report(
        `${pointer}/rows/${at}`,
        'wrong_value',
        `all rows must have ${rows[0]?.length ?? 0} cells, this one has ${row.length}`,
      );
  });
}

const point = record({ label: string(20), value: number });
const series = record({ name: string(20), data: list(point, 20) });
const axes = record({ categories: list(string(20), 20) }, { x_label: string(50), y_label: string(50) });

const ofSeries: Rule = both(
  record({ ...type, series: list(series, 6), axis_config: axes }),
  (value, pointer, report) => {
    if (!isPlain(value) || !isPlain(value['axis_config'])) return;
    const categories = value['axis_config']['categories'];
    const names = objectsIn(value['series']).map((one) => one['name']);
    if (new Set(names).size < names.length)
      report(`${pointer}/series`, 'duplicate', 'the names of the series must differ');
    objectsIn(value['series']).forEach((one, at) => {
      if (Array.isArray(one['data']) && Array.isArray(categories) && one['data'].length !== categories.length)
        report(`${pointer}/series/${at}/data`, 'wrong_value', 'one data point for each category is needed');
    });
  },
);

/** Source: https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block (6 series or segments) */
export const chart: Rule = record(
  {
    ...type,
    title: string(50),
    chart: typed({
      pie: record({
        ...type,
        segments: list(
          both(point, (value, pointer, report) => {
            if (isPlain(value) && typeof value['value'] === 'number' && value['value'] <= 0)
              report(`${pointer}/value`, 'wrong_value', 'must be more than 0');
          }),
          6,
        ),
      }),
      bar: ofSeries,
      area: ofSeries,
      line: ofSeries,
    }),
  },
  named,
);
