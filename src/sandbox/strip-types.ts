import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * A worker: reads the TypeScript files it is given and answers with their JavaScript, in the same order. Line numbers
 * stay the same. It is a worker so that Node's note about `stripTypeScriptTypes` being experimental can be kept quiet
 * for it alone.
 */
const paths = workerData as readonly string[];
const sources = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
parentPort?.postMessage(sources.map((source) => stripTypeScriptTypes(source)));
