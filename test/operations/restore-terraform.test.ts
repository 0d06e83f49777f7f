import { describe, expect, it } from 'vitest';

import { predictedSections, stepFiles, stepSections } from '#operations/restore/terraform-messages.ts';
import { stepsOf } from '#operations/restore/terraform-steps.ts';
import { predict, type SeenSwap, mustStay, replaces } from '#operations/restore/terraform.ts';
import type { Managed } from '#ports/terraform.ts';

const swap: SeenSwap = {
  server: 'i-1',
  device: '/dev/sdf',
  root: false,
  out: 'vol-old',
  snapshotId: 'snap-new',
  encrypted: true,
};
const volume = (more: object = {}): Managed => ({
  kind: 'volume',
  address: 'module.db["a"].aws_ebs_volume.data[0]',
  volumeId: 'vol-old',
  snapshotId: '',
  encrypted: true,
  ...more,
});
const attachment = (more: object = {}): Managed => ({
  kind: 'attachment',
  address: 'module.db["a"].aws_volume_attachment.data[0]',
  volumeId: 'vol-old',
  instanceId: 'i-1',
  device: '/dev/sdf',
  ...more,
});
const instance = (more: object = {}): Managed => ({
  kind: 'instance',
  address: 'aws_instance.web["it\'s"]',
  instanceId: 'i-1',
  disks: [],
  root: { device: '/dev/xvda', volumeId: 'vol-old', snapshotId: 'snap-ami', encrypted: true },
  ...more,
});
const disk = { device: '/dev/sdf', volumeId: 'vol-old', snapshotId: '', encrypted: true };
const seen = (managed: readonly Managed[], more: Partial<SeenSwap> = {}) =>
  predict([{ ...swap, ...more }], { managed, read: ['/tf/a.tfstate'], problems: [] });
const words = (managed: readonly Managed[], more: Partial<SeenSwap> = {}) =>
  JSON.stringify(predictedSections(seen(managed, more)));

describe('what the next terraform plan would do', () => {
  it.each<[string, readonly Managed[], Partial<SeenSwap>, object, RegExp]>([
    [
      'volume and attachment',
      [volume(), attachment(), instance()],
      {},
      { style: 'separate' },
      /1 to add.*2 to add: new EMPTY volume/,
    ],
    [
      'only the volume',
      [volume()],
      {},
      { style: 'separate', volume: 'module.db["a"].aws_ebs_volume.data[0]' },
      /EMPTY/,
    ],
    [
      'only the attachment',
      [attachment()],
      {},
      { style: 'separate', attachment: 'module.db["a"].aws_volume_attachment.data[0]' },
      /EMPTY/,
    ],
    [
      'an attachment to another server',
      [attachment({ instanceId: 'i-2' })],
      {},
      { style: 'none' },
      /not in \/tf\/a\.tfstate/,
    ],
    [
      'inline',
      [instance({ disks: [disk] })],
      {},
      { style: 'inline', snapshotId: 'snap-new' },
      /REPLACE 1 server.*ignore_changes/,
    ],
    [
      'inline, seen beside a real attachment',
      [attachment(), instance({ disks: [disk] })],
      {},
      { style: 'separate' },
      /EMPTY/,
    ],
    ['root', [instance()], { root: true }, { style: 'root' }, /root volume: no change but tags/],
    [
      'root that becomes encrypted',
      [instance({ root: { ...disk, encrypted: false } })],
      { root: true },
      { style: 'root', encrypts: true },
      /REPLACE/,
    ],
    ['a disk of a managed server that is not managed', [instance()], {}, { style: 'none' }, /not in/],
    ['nothing', [], {}, { style: 'none' }, /not in/],
    [
      'an undo before the import',
      [volume({ volumeId: 'vol-back' })],
      { back: 'vol-back' },
      { style: 'returns' },
      /no change, the state names/,
    ],
    [
      'an undo of an inline disk',
      [instance({ disks: [{ ...disk, volumeId: 'vol-back' }] })],
      { back: 'vol-back' },
      { style: 'returns' },
      /no change/,
    ],
    ['an undo after the import', [volume(), attachment()], { back: 'vol-back' }, { style: 'separate' }, /EMPTY/],
    [
      'a pinned snapshot',
      [volume({ snapshotId: 'snap-first' })],
      {},
      { style: 'separate', pinned: 'snap-first' },
      /remove it or ignore it/,
    ],
    ['the same snapshot', [volume({ snapshotId: 'snap-new' })], {}, { style: 'separate' }, /EMPTY/],
    [
      'a volume that becomes encrypted',
      [volume({ encrypted: false })],
      {},
      { style: 'separate', encrypts: true },
      /encrypted or kms_key_id/,
    ],
  ])('%s', (_what, managed, more, expected, said) => {
    const [prediction] = seen(managed, more)?.disks ?? [];

    expect(prediction).toMatchObject(expected);
    expect(Object.keys(prediction ?? {}).toSorted()).toEqual(expect.arrayContaining(Object.keys(expected)));
    expect(words(managed, more)).toMatch(said);
  });

  it('is not known without a state, and the danger is said in one line', () => {
    const predicted = predict([swap], { managed: [], read: [], problems: [] });

    expect(predicted).toBeUndefined();
    expect(JSON.stringify(predictedSections(predicted))).toMatch(/EMPTY.*replace the server.*terraform\.state/);
  });

  it('is said to be unknown where the state could not be read', () => {
    const predicted = predict([swap], { managed: [], read: [], problems: [{ state: 's3://a/b', why: 'No access.' }] });
    const said = JSON.stringify(predictedSections(predicted));

    expect(said).toMatch(/s3:\/\/a\/b could not be read.*No access/);
    expect(said).not.toMatch(/not in|no change/);
  });

  it('keeps the old volume while its end would make an empty one', () => {
    expect(mustStay(seen([volume()]))).toEqual(['vol-old']);
    expect(mustStay(seen([instance({ disks: [disk] })]))).toEqual([]);
    expect(mustStay(undefined)).toEqual([]);
  });

  it('takes the inline style for a replacement, and nothing else', () => {
    const all = [seen([volume()]), seen([instance()], { root: true }), seen([]), seen([instance({ disks: [disk] })])];

    expect(all.map((one) => one!.disks.some(replaces))).toEqual([false, false, false, true]);
  });
});

describe('the steps after a restore', () => {
  const exchanged = [{ server: 'i-1', device: '/dev/sdf', old: 'vol-old', new: 'vol-new' }];

  it('forget the old volume and import the new one, at the real addresses', () => {
    expect(stepsOf(seen([volume(), attachment()]), exchanged).text).toBe(`\
# 1. Forget the old volumes. This changes the state only, nothing in AWS:
#    terraform state rm 'module.db["a"].aws_volume_attachment.data[0]' 'module.db["a"].aws_ebs_volume.data[0]'
# 2. Let \`terraform plan\` show these imports, and nothing to add or destroy. Apply, then delete this file.

import {
  to = module.db["a"].aws_ebs_volume.data[0]
  id = "vol-new"
}

import {
  to = module.db["a"].aws_volume_attachment.data[0]
  id = "/dev/sdf:vol-new:i-1"
}

`);
  });

  it('warn of a pinned snapshot before the import that it would turn against the volume', () => {
    const { text } = stepsOf(seen([volume({ snapshotId: 'snap-first' })]), exchanged);

    expect(text).toMatch(/snapshot_id = "snap-first"[^]*BEFORE the import[^]*import \{/);
  });

  it('name for an inline disk what keeps the server', () => {
    const { text } = stepsOf(seen([instance({ disks: [disk] })]), exchanged);

    expect(text).toMatch(/ebs_block_device "\/dev\/sdf" of aws_instance\.web\["it's"\].*REPLACES the server/);
    expect(text).toContain('#    snapshot_id = "snap-new"   in that block, or');
    expect(text).not.toContain('import {');
  });

  it('quote addresses for a shell', () => {
    const { text } = stepsOf(seen([volume({ address: `aws_ebs_volume.a["it's $(id)"]` })]), exchanged);

    expect(text).toContain(`terraform state rm 'aws_ebs_volume.a["it'\\''s $(id)"]'`);
  });

  it('are none for what did not happen or needs nothing', () => {
    expect(stepsOf(seen([volume()]), []).text).toBe('');
    expect(stepsOf(seen([]), exchanged).text).toBe('');
    expect(stepsOf(seen([instance()], { root: true }), exchanged).text).toBe('');
    expect(stepsOf(undefined, exchanged).text).toBe('');
  });

  it('stand on the card when few, and come as a file when many', () => {
    const many = (n: number) => {
      const swaps = Array.from({ length: n }, (_, at) => ({
        ...swap,
        server: `i-${at}` as const,
        out: `vol-${at}` as const,
      }));
      const managed = swaps.map(({ out }, at) => volume({ volumeId: out, address: `aws_ebs_volume.data[${at}]` }));
      const made = swaps.map(({ server, device, out }) => ({ server, device, old: out, new: `${out}-new` }));
      return [predict(swaps, { managed, read: ['a'], problems: [] }), made] as const;
    };

    expect(stepSections(...many(2))).toMatchObject([{ kind: 'text' }, { kind: 'code' }]);
    expect(stepFiles(...many(2))).toEqual([]);
    const long = seen([volume({ address: `aws_ebs_volume.data["${'x'.repeat(2_000)}"]` })]);
    expect(stepSections(long, exchanged)).toMatchObject([{ kind: 'text' }]);
    expect(stepFiles(long, exchanged)).toHaveLength(1);
    expect(stepSections(...many(500))).toMatchObject([{ kind: 'text' }]);
    expect(stepFiles(...many(500))[0]?.text.match(/^import \{$/gm)).toHaveLength(500);
  });

  it('are HCL that says nothing but imports, whatever the keys of the addresses hold', () => {
    const keys = ['a', `it's "x" \${y} %{z}\\ ü`, '"]\\n}', ']', '#', '/*'];
    const swaps = keys.map((_, at) => ({ ...swap, server: `i-${at}` as const, out: `vol-${at}` as const }));
    const managed = keys.map((key, at) =>
      volume({ volumeId: `vol-${at}`, address: `aws_ebs_volume.data[${hclString(key)}]` }),
    );
    const made = swaps.map(({ server, device, out }) => ({ server, device, old: out, new: `vol-new${server}` }));
    const { text } = stepsOf(predict(swaps, { managed, read: ['a'], problems: [] }), made);

    const bare = text.replaceAll(/^#.*\n/gm, '').replaceAll(/^\n/gm, '');
    const block =
      /import \{\n {2}to = (?:module\.\w+(?:\[[^\n]*\])?\.)*\w+\.\w+(?:\["(?:[^"\\\n]|\\.)*"\]|\[\d+\])?\n {2}id = "[\w:/-]+"\n\}\n/y;
    let at = 0;
    for (let nr = 0; nr < keys.length; nr++) {
      block.lastIndex = at;
      expect(block.test(bare)).toBe(true);
      at = block.lastIndex;
    }
    expect(at).toBe(bare.length);
  });
});

function hclString(text: string): string {
  return JSON.stringify(text)
    .replaceAll('${', () => '$${')
    .replaceAll('%{', () => '%%{');
}
