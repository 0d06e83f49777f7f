import { count, some } from '#lib/format.ts';
import type { TextFile } from '#operations/contract.ts';
import type { Line, Section } from '#ports/text.ts';

import { type Exchanged, type Steps, stepsOf } from './terraform-steps.ts';
import { type Predicted, type Prediction, replaces } from './terraform.ts';

/** Addresses on a card; the rest is counted. */
const mostNamed = 5;
/** Disks whose steps fit on a card; of more they come as a file. */
const mostOnCard = 2;
/** Characters of code that a card shows whole. */
const longestOnCard = 2_500;
const fileName = 'deckhand-import.tf';

/** On the card that is approved: what the next `terraform plan` would do to these servers. */
export function predictedSections(predicted: Predicted | undefined): readonly Section[] {
  if (predicted === undefined) return [{ kind: 'note', line: unknown }];
  const { disks, read, problems } = predicted;
  const lines = [...replaced(disks), ...separated(disks), ...pinned(disks), ...quiet(disks, read)];
  const unread = problems.map(({ state, why }): Line => [{ bold: `${state} could not be read:` }, ` ${why}`]);
  return [
    { kind: 'text', lines: [[{ bold: 'Terraform' }]] },
    { kind: 'list', items: [...lines, ...unread] },
  ];
}

/** Short, as most who read it have no Terraform; docs/terraform.md says it for each style. */
const unknown: Line = [
  'If Terraform manages these disks, its next apply may add an EMPTY volume or replace the server: name its state under ',
  { code: 'terraform.state' },
  ' to see it here.',
];

function replaced(disks: readonly Prediction[]): readonly Line[] {
  const found = disks.filter(replaces);
  if (found.length === 0) return [];
  const servers = [...new Set(found.map(({ instance }) => instance ?? ''))];
  return [
    [
      { emoji: 'warning' },
      { bold: ` The next apply would REPLACE ${count(servers.length, 'server')}` },
      ` (destroy and create): ${some(servers, mostNamed)}, if ${servers.length === 1 ? 'its disk is' : 'their disks are'} written in the configuration. `,
      { bold: 'Before you approve' },
      ', add ',
      { code: 'lifecycle { ignore_changes = [ebs_block_device, root_block_device] }' },
      ' there, or write the new snapshot_id into the block.',
    ],
  ];
}

function separated(disks: readonly Prediction[]): readonly Line[] {
  const found = disks.filter(({ style }) => style === 'separate');
  if (found.length === 0) return [];
  const names = found.map(({ volume, attachment }) => volume ?? attachment ?? '');
  return [
    [
      { bold: `${count(found.length, 'disk')}: ${found.length} to add` },
      ` (the attachment of the old ${found.length === 1 ? 'volume' : 'volumes'}); once the old ${found.length === 1 ? 'one is' : 'ones are'} deleted, `,
      { bold: `${2 * found.length} to add: new EMPTY ${found.length === 1 ? 'volume' : 'volumes'}` },
      `. Import the new ${found.length === 1 ? 'volume' : 'volumes'} before the next apply: the steps come with the result. ${some(names, mostNamed)}.`,
    ],
  ];
}

function pinned(disks: readonly Prediction[]): readonly Line[] {
  const found = disks.filter(
    ({ pinned: snapshot, encrypts, style }) => style === 'separate' && (snapshot !== undefined || encrypts === true),
  );
  if (found.length === 0) return [];
  return [
    `Before the import: if snapshot_id, encrypted or kms_key_id is written in ${some(
      found.map(({ volume }) => volume ?? ''),
      mostNamed,
    )}, remove it or ignore it, or Terraform destroys the restored ${found.length === 1 ? 'volume' : 'volumes'}.`,
  ];
}

/** What needs nothing from anybody is one line, so that nobody takes silence for an answer. */
function quiet(disks: readonly Prediction[], read: readonly string[]): readonly Line[] {
  const of = (style: Prediction['style']) => disks.filter((disk) => disk.style === style && !replaces(disk)).length;
  const parts = [
    of('root') > 0 ? `${count(of('root'), 'root volume')}: no change but tags` : '',
    of('returns') > 0 ? `${count(of('returns'), 'disk')}: no change, the state names the volume that comes back` : '',
    of('none') > 0 && read.length > 0 ? `${count(of('none'), 'disk')}: not in ${some(read, 3)}` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [`${parts.join('; ')}.`];
}

/** On the card of the result: the steps themselves when they are few, else where they are. */
export function stepSections(predicted: Predicted | undefined, exchanged: readonly Exchanged[]): readonly Section[] {
  const { disks, text } = stepsOf(predicted, exchanged);
  if (text === '') return [];
  const title: Line = [{ bold: 'Terraform, before the next apply:' }];
  return fits({ disks, text })
    ? [
        { kind: 'text', lines: [title] },
        { kind: 'code', text },
      ]
    : [{ kind: 'text', lines: [[...title, ` ${fileName} in the thread has the steps for ${count(disks, 'disk')}.`]] }];
}

function fits({ disks, text }: Steps): boolean {
  return disks <= mostOnCard && text.length <= longestOnCard;
}

/** The steps as a file, when they are too long for the card. */
export function stepFiles(predicted: Predicted | undefined, exchanged: readonly Exchanged[]): readonly TextFile[] {
  const { disks, text } = stepsOf(predicted, exchanged);
  return fits({ disks, text }) ? [] : [{ name: fileName, title: `Terraform: ${count(disks, 'disk')} to import`, text }];
}
