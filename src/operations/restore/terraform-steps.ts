import type { Predicted, Prediction } from './terraform.ts';

/** A volume that was exchanged: where, and for which. */
export type Exchanged = { server: string; device: string; old: string; new: string };

type Result = {
  servers: readonly { id: string; swaps: readonly { device: string; old: string; new: string }[] }[];
};

/** The exchanges of a result. */
export function exchangedBy({ servers }: Result): readonly Exchanged[] {
  return servers.flatMap(({ id, swaps }) =>
    swaps.map((swap) => ({ server: id, device: swap.device, old: swap.old, new: swap.new })),
  );
}

type Step = { disk: Prediction; new: string };

/** What a person types and writes so that Terraform manages the new volumes: shell commands, then HCL. `text` is '' when nothing is to do. */
export type Steps = { disks: number; text: string };

/**
 * `terraform state rm` for the old volumes, import blocks for the new ones, and for inline disks the line that keeps the
 * server. One text: the commands stand in comments, so that all of it can be pasted as a `.tf` file. Pure.
 * Source: https://developer.hashicorp.com/terraform/language/block/import
 */
export function stepsOf(predicted: Predicted | undefined, exchanged: readonly Exchanged[]): Steps {
  const made = new Map(exchanged.map((one) => [`${one.server} ${one.old}`, one.new]));
  const todo = (predicted?.disks ?? []).flatMap((disk): Step[] => {
    const now = made.get(`${disk.server} ${disk.out}`);
    return now === undefined ? [] : [{ disk, new: now }];
  });
  const separate = todo.filter(({ disk }) => disk.style === 'separate');
  const inline = todo.filter(({ disk }) => disk.style === 'inline');
  const text = [...removal(separate), ...separate.flatMap(imports), ...inline.flatMap(pin)].join('\n');
  return { disks: separate.length + inline.length, text: text === '' ? '' : `${text}\n` };
}

/** Addresses a command; a shell takes far longer lines, people do not. */
const perCommand = 10;

function removal(steps: readonly Step[]): readonly string[] {
  const addresses = steps.flatMap(({ disk }) => [disk.attachment, disk.volume].filter((one) => one !== undefined));
  if (addresses.length === 0) return [];
  const commands = Array.from({ length: Math.ceil(addresses.length / perCommand) }, (_, at) =>
    ['terraform state rm', ...addresses.slice(at * perCommand, (at + 1) * perCommand).map(shell)].join(' '),
  );
  return [
    '# 1. Forget the old volumes. This changes the state only, nothing in AWS:',
    ...commands.map((command) => `#    ${command}`),
    '# 2. Let `terraform plan` show these imports, and nothing to add or destroy. Apply, then delete this file.',
    '',
  ];
}

function imports({ disk, new: id }: Step): readonly string[] {
  const pinned =
    disk.pinned === undefined
      ? []
      : [
          `# Is snapshot_id = "${disk.pinned}" written in ${comment(disk.volume ?? '')}? Remove it, or ignore_changes = [snapshot_id],`,
          '# BEFORE the import: another snapshot_id makes Terraform destroy the restored volume.',
        ];
  return [
    ...pinned,
    ...(disk.volume === undefined ? [] : block(disk.volume, id)),
    ...(disk.attachment === undefined ? [] : block(disk.attachment, `${disk.device}:${id}:${disk.server}`)),
  ];
}

function pin({ disk }: Step): readonly string[] {
  const at = `ebs_block_device "${disk.device}" of ${comment(disk.instance ?? '')}`;
  return [
    `# ${at}: without one of these the next apply REPLACES the server:`,
    ...(disk.snapshotId === undefined ? [] : [`#    snapshot_id = "${disk.snapshotId}"   in that block, or`]),
    '#    lifecycle { ignore_changes = [ebs_block_device] }   in the resource',
    '',
  ];
}

/** Ids of AWS hold nothing that needs escaping; a device is checked when it is read. */
function block(to: string, id: string): readonly string[] {
  return ['import {', `  to = ${to}`, `  id = ${JSON.stringify(id)}`, '}', ''];
}

/** One word of a POSIX shell. */
function shell(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** An address is one line already (its keys are escaped); anything else must not end the comment. */
function comment(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ');
}
