import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

/** One file of the web page, ready to be sent. */
export type Asset = { type: string; body: Buffer };

const page = new URL('./page/', import.meta.url);

/** The web page's files by name: `index.html`, `style.css`, and its TypeScript with the types taken out. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(page);
  const scripts = names.filter((name) => name.endsWith('.ts'));
  const stripped = await stripTypes(scripts.map((name) => fileURLToPath(new URL(name, page))));
  const assets = new Map<string, Asset>();
  for (const [at, name] of scripts.entries())
    assets.set(name, { type: 'text/javascript; charset=utf-8', body: Buffer.from(stripped[at] ?? '') });
  for (const name of names) {
    const type = types[name.slice(name.lastIndexOf('.'))];
    if (type !== undefined) assets.set(name, { type, body: await readFile(new URL(name, page)) });
  }
  return assets;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

function stripTypes(paths: readonly string[]): Promise<readonly string[]> {
  const worker = new Worker(new URL('./strip-types.ts', import.meta.url), {
    workerData: paths,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`The page's scripts could not be read (exit ${code}).`)));
  });
}
