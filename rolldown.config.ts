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
