import { isRefusal } from '#errors.ts';
import { seatsOf } from '#lib/places.ts';

import { type Environment, environmentOf, inspectEnvironment } from './config/environment.ts';
import { inspectSettings } from './config/parse-settings.ts';
import { howMany, type Problem, refuseAll } from './config/problems.ts';
import { createSettings as createFile, readSettingsFile, type SettingsFileOptions } from './config/settings-file.ts';

export type { Environment } from './config/environment.ts';
export { parseSettings } from './config/parse-settings.ts';

/** The settings in a file, with `${env:NAME}` checked against the process's environment. See `config/settings-file.ts`. */
export function createSettings(options: SettingsFileOptions): ReturnType<typeof createFile> {
  return createFile({ env: process.env, ...options });
}

/** One variable of the environment, for what deckhand.yml names as `${env:NAME}`. */
export function readSecret(name: string): string | undefined {
  return process.env[name];
}

/**
 * The environment, checked; `env` left out: the process's own. Throws one Refusal "bad-input" that names every missing
 * or wrong variable, what is wrong with each and where to get it. Reads no file.
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): Environment {
  return environmentOf(env);
}

/**
 * As `readEnvironment`, and checks deckhand.yml as well, so that whoever starts Deckhand hears of everything that is
 * missing or wrong in one message. The file is read again, and watched, by `createSettings`.
 */
export function readConfiguration(env: NodeJS.ProcessEnv = process.env): Environment {
  const { environment, problems } = inspectEnvironment(env);
  const file = inspectFile(environment, env);
  const all = [...problems, ...file.problems, ...regionProblems(env, file.region ?? environment.awsRegion)];
  if (all.length > 0)
    throw refuseAll(`Deckhand cannot start: ${howMany(all)}. Variables go into .env (see .env.example).`, all);
  return environment;
}

function inspectFile(
  { configPath }: Environment,
  env: NodeJS.ProcessEnv,
): { region: string | undefined; problems: readonly Problem[] } {
  try {
    const { settings, problems } = inspectSettings(readSettingsFile(configPath), configPath, env);
    return { region: (settings && seatsOf(settings.aws, undefined)[0]?.region) || undefined, problems };
  } catch (error) {
    if (isRefusal(error)) return { region: undefined, problems: error.data['problems'] as readonly Problem[] };
    throw error;
  }
}

/** A profile may bring a Region of its own; AWS_DEFAULT_REGION is not read by the SDK for JavaScript.
 *  Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html */
function regionProblems(env: NodeJS.ProcessEnv, region: string | undefined): readonly Problem[] {
  if (region !== undefined || (env['AWS_PROFILE'] ?? '') !== '') return [];
  const other = env['AWS_DEFAULT_REGION'] ?? '';
  return [
    {
      where: 'AWS_REGION',
      what: other === '' ? 'is missing.' : 'is missing (AWS_DEFAULT_REGION is set, but it is not read).',
      next: `The Region of your servers, for example ${other === '' ? 'us-east-1' : other}; or set \`aws.region\` in deckhand.yml.`,
    },
  ];
}
