import { exitWith } from '#exit.ts';

/** Each part loads what it needs alone: an agent is a small process. */
async function main(): Promise<void> {
  if (process.argv.includes('--agent'))
    await (await import('#agent.ts')).runAgentProcess(process.argv.slice(2), process.env);
  else await (await import('#bot.ts')).runBot();
}

main().catch(exitWith);
