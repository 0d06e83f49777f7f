import type { VolumeId } from '#ports/ids.ts';

/**
 * Shell lines that find a disk on a Linux server, make it read-only, mount its first file system without replaying its
 * journal, run `check` with $DRILL_MOUNT set, and unmount. Without `check` the files of its top folder are listed. Pure.
 * Source of the device names: https://docs.aws.amazon.com/ebs/latest/userguide/identify-nvme-ebs-device.html
 */
export function lookScript(disk: VolumeId, device: string, check: readonly string[]): readonly string[] {
  const serial = disk.replace('-', '');
  const letter = device.at(-1)!;
  return [
    'set -eu',
    'disk=',
    'for try in $(seq 60); do',
    `  for name in /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${serial} /dev/sd${letter} /dev/xvd${letter}; do`,
    '    if [ -b "$name" ]; then disk=$(readlink -f "$name"); break 2; fi',
    '  done',
    '  sleep 1',
    'done',
    '[ -n "$disk" ] || { echo "the disk did not show up within a minute" >&2; exit 10; }',
    'blockdev --setro "$disk"',
    `part=$(lsblk -lnpo NAME,FSTYPE "$disk" | awk '$2 != "" && $2 != "swap" { print $1; exit }')`,
    '[ -n "$part" ] || { echo "there is no file system on the disk" >&2; exit 11; }',
    'DRILL_MOUNT=$(mktemp -d)',
    'export DRILL_MOUNT',
    `trap 'umount "$DRILL_MOUNT" 2>/dev/null || true; rmdir "$DRILL_MOUNT" 2>/dev/null || true' EXIT`,
    'mount -o ro,norecovery,nouuid "$part" "$DRILL_MOUNT" 2>/dev/null || mount -o ro,noload "$part" "$DRILL_MOUNT" 2>/dev/null || mount -o ro "$part" "$DRILL_MOUNT"',
    ...(check.length === 0 ? ['ls -A "$DRILL_MOUNT" | head -n 20', '[ -n "$(ls -A "$DRILL_MOUNT")" ]'] : check),
  ];
}
