import { csvOf } from '#lib/csv.ts';
import { amount, count } from '#lib/format.ts';
import { placeLabel } from '#lib/places.ts';
import { type Coverage, percent } from '#lib/tag-coverage.ts';
import { describeKey } from '#lib/tag-rules.ts';
import type { TextFile } from '#operations/contract.ts';
import type { Place } from '#ports/cloud.ts';
import type { Line, Message, Piece, Section } from '#ports/text.ts';

const mostOwners = 5;
const mostUnread = 10;

type Of = { unread: readonly { place: Place; why: string }[]; places: number; now: number; tag: string; csv: boolean };

/** How far each rule is kept, by key, who has most to do, and what to type. Pure. */
export function report(all: readonly Coverage[], of: Of): Message {
  const bad = all.filter(({ faults }) => faults.length > 0).length;
  const missing = of.unread.length === 0 ? '' : `; ${count(of.unread.length, 'place')} could not be read`;
  const text = `${bad === 0 ? 'Every tag rule is kept' : `${bad} of ${count(all.length, 'tag rule')} not kept everywhere`}${missing}`;
  return {
    alert: `Tags: ${text}`,
    title: `Required tags${of.places === 1 ? '' : ` · ${count(of.places, 'place')}`}`,
    sections: [
      {
        kind: 'text',
        lines: [
          [
            { emoji: text.startsWith('Every') && missing === '' ? 'large_green_circle' : 'large_yellow_circle' },
            ' ',
            { bold: `${text}.` },
          ],
        ],
      },
      ...all.flatMap((one) => ruleSections(one, of)),
      ...unread(of),
      {
        kind: 'note',
        line: [...fileWords(bad, of), 'servers and their disks count · read at ', { at: of.now, style: 'time' }],
      },
    ],
    buttons: [{ verb: 'refresh', label: 'Refresh' }],
  };
}

function fileWords(bad: number, { csv }: Of): readonly Piece[] {
  if (bad === 0) return [];
  return csv
    ? ['Each fault is a row of a file in your direct messages with this app · ']
    : ['Each fault as a row of a file: add ', { code: '--csv' }, ' · '];
}

/** Every fault, for a spreadsheet. Pure. */
export function faultsFile(all: readonly Coverage[]): TextFile {
  const columns = ['rule', 'account', 'region', 'id', 'name', 'owner', 'key', 'value', 'fault'];
  const rows = all.flatMap(({ rule, faults }) =>
    faults.map(({ place, id, name, owner, key, value, what }) => [
      rule.name,
      place.name ?? place.account,
      place.region,
      id,
      name,
      owner,
      key,
      value,
      what,
    ]),
  );
  return { name: 'tags.csv', title: 'What the tag rules miss', text: csvOf(columns, rows) };
}

function ruleSections(coverage: Coverage, { tag }: Of): Section[] {
  const { rule, things, sizeGiB, keys, faults, owners } = coverage;
  const total = `${percent(things)} % of ${count(things.all, 'server and disk', 'servers and disks')}, ${percent(sizeGiB)} % of ${amount(sizeGiB.all)} GiB`;
  const rest = owners.length - mostOwners;
  const worst = owners.slice(0, mostOwners).map(([owner, n]) => `${owner === '' ? 'no owner' : owner} (${n})`);
  const fix: Line = [
    { code: `${tag} --rule ${rule.name} ${keys.toSorted((a, b) => a.good - b.good)[0]?.key ?? ''}=…` },
    ...passedOn(coverage, tag),
  ];
  return [
    { kind: 'text', lines: [[{ bold: rule.name }, ` · ${rule.selector} · in order: ${total}`]] },
    {
      kind: 'table',
      columns: ['Tag', 'In order', 'Of', 'Coverage'],
      rows: keys.map((one) => [
        describeKey(one.key, rule.keys[one.key] ?? { values: undefined, pattern: undefined }).slice(0, 100),
        String(one.good),
        String(one.all),
        `${percent(one)} %`,
      ]),
    },
    ...(faults.length === 0
      ? []
      : [
          {
            kind: 'facts',
            facts: [
              ['Most to do', `${worst.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`],
              ['Fill what is missing', fix],
              ...differing(rule.name, faults, tag),
            ],
          } satisfies Section,
        ]),
  ];
}

/** Only where there is something to pass on; of snapshots it is not known. */
function passedOn({ rule, keys, inherits }: Coverage, tag: string): readonly Piece[] {
  if (rule.propagate.length === 0) return [];
  const isForSnapshots = rule.propagate.includes('snapshots') && keys.some(({ good }) => good > 0);
  return inherits || isForSnapshots
    ? [' or ', { code: `${tag} --rule ${rule.name} --propagate` }]
    : [' (no server has what its disks lack either, so nothing can be passed on)'];
}

/** Disks that somebody has tagged otherwise than their server. */
function differing(rule: string, faults: Coverage['faults'], tag: string): (readonly [string, Line])[] {
  const disks = new Set(faults.filter(({ what }) => what === 'differs').map(({ id }) => id)).size;
  if (disks === 0) return [];
  const words = `${count(disks, 'disk')}; each gets the value of its server with `;
  return [['Not as their server', [words, { code: `${tag} --rule ${rule} --propagate --replace` }]]];
}

function unread({ unread: list }: Of): Section[] {
  if (list.length === 0) return [];
  const items = list.slice(0, mostUnread).map(({ place, why }): Line => [{ bold: placeLabel(place) }, `: ${why}`]);
  const rest = list.length - items.length;
  return [{ kind: 'list', items: [...items, ...(rest > 0 ? [`and ${rest} more`] : [])] }];
}
