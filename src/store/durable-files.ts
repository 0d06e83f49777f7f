import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/** The part of Emscripten's file system for Node that is given the missing operation. */
type Stream = { nfd?: number; node: object };
type NodeFiles = { stream_ops: { fsync?: (stream: Stream) => number }; realPath: (node: object) => string };
type Module = { NODEFS?: NodeFiles; FS: { filesystems?: { NODEFS?: NodeFiles } } };

/**
 * PGlite's files in a folder, with the fsync that Emscripten's file system leaves out: without it nothing Postgres
 * believes to be on disk is there after a power cut. Source: https://github.com/electric-sql/pglite/issues/1107.
 */
export class DurableFiles extends NodeFS {
  /** Counts fsyncs that reached the disk, so that the opener can prove that the hook works. */
  syncs = 0;

  override async init(pg: PGlite, options: Parameters<NodeFS['init']>[1]): ReturnType<NodeFS['init']> {
    const result = await super.init(pg, options);
    const hook = (module: unknown): void => {
      const { NODEFS, FS } = module as Module;
      const files = NODEFS ?? FS.filesystems?.NODEFS; // where it is depends on PGlite's version
      if (files === undefined) return; // the opener's probe refuses
      files.stream_ops.fsync = (stream) => {
        this.syncs++;
        if (stream.nfd === undefined) syncPath(files.realPath(stream.node));
        else fsyncSync(stream.nfd);
        return 0;
      };
    };
    result.emscriptenOpts.preRun = [...[result.emscriptenOpts.preRun ?? []].flat(), hook];
    return result;
  }
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Files synchronised at a time; more gains nothing on one disk. */
const together = 8;

/** Puts every file and folder below `folder`, itself and its parent on the disk: what was made before fsync was on. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  const rest = paths.values();
  await Promise.all(
    Array.from({ length: together }, async () => {
      for (const path of rest) await sync(path);
    }),
  );
  await sync(folder);
  await sync(dirname(folder));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
