import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { defineConfig, type Plugin } from 'rolldown';

/**
 * The bundle of the container image: dist/main.js, its chunks, and the files of the embedded store and the charts, looked for
 * beside itself. `module` before `main`: only then is the AWS SDK cut down to the calls in use. No source maps, no
 * minifying: they cost memory at the start and make stack traces unreadable.
 */
export default defineConfig({
  input: 'src/main.ts',
  platform: 'node',
  resolve: { mainFields: ['module', 'main'] },
  plugins: [
    inAscii(),
    besideBundle('@electric-sql/pglite', ['pglite.wasm', 'pglite.data', 'initdb.wasm']),
    besideBundle('@resvg/resvg-wasm', ['index_bg.wasm']),
    besideBundle('#chart/pictures.ts', ['DejaVuSans.ttf', 'DejaVuSans.LICENSE.txt']),
  ],
  // Optional parts of the engine, looked for only when its telemetry is switched on, which Deckhand does not do.
  external: [/^@opentelemetry\//, 'winston', 'winston-transport', 'pg-native'],
  onLog: (level, log, print) => {
    // Left to itself the bundler would put the import off until the container starts.
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    if (log.code !== 'EVAL') print(level, log);
  },
  output: { dir: 'dist', format: 'esm', cleanDir: true },
});

/** Copies files that code loads by address, relative to itself. */
function besideBundle(name: string, files: readonly string[]): Plugin {
  const from = dirname(fileURLToPath(import.meta.resolve(name)));
  return {
    name: 'beside-bundle',
    writeBundle: ({ dir = 'dist' }) => {
      for (const file of files) copyFileSync(join(from, file), join(dir, file));
    },
  };
}

/** V8 keeps the text of a module for as long as it runs: a byte for each letter when all are ASCII, otherwise two. */
function inAscii(): Plugin {
  return {
    name: 'in-ascii',
    generateBundle: (_options, bundle) => {
      for (const chunk of Object.values(bundle)) if (chunk.type === 'chunk') chunk.code = asAscii(chunk.code);
    },
  };
}

function asAscii(code: string): string {
  const [escaped] = /\\[^\0-\x7F]/.exec(code) ?? [];
  if (escaped !== undefined) throw new Error(`a letter that is escaped already cannot be escaped again: ${escaped}`);
  return code.replaceAll(/[^\0-\x7F]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
