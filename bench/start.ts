import { readFileSync } from 'node:fs';

/** What `npm start` hands to node, so that what is measured is what people run. */
export const { flags: startFlags, environment: startEnvironment } = readScript('start');

function readScript(name: string) {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const [before = '', after] = (scripts[name] ?? '').split('exec node ');
  if (after === undefined) throw new Error(`package.json: "${name}" does not run node`);
  return {
    flags: after.split(' ').filter((part) => /^--(?!env-file)/.test(part)),
    environment: Object.fromEntries(before.split(' ').flatMap((part) => (part === '' ? [] : [split(part)]))),
  };
}

function split(assignment: string): [string, string] {
  const at = assignment.indexOf('=');
  return [assignment.slice(0, at), assignment.slice(at + 1)];
}
