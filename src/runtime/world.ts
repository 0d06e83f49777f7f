import type { Operation } from '#operations/contract.ts';
import type { Chat } from '#ports/chat.ts';
import type { Clock, Log, RandomText } from '#ports/clock.ts';
import type { Clouds } from '#ports/clouds.ts';
import type { Engine } from '#ports/engine.ts';
import type { History } from '#ports/history.ts';
import type { SettingsSource } from '#ports/settings.ts';
import type { Terraform } from '#ports/terraform.ts';

/** The outside world as the runtime uses it; `main.ts` and the sandbox bring one each. */
export type World = {
  chat: Chat;
  clouds: Clouds;
  terraform: Terraform;
  engine: Engine;
  history: History;
  clock: Clock;
  randomText: RandomText;
  log: Log;
  settings: SettingsSource;
  /** What people can ask for. */
  operations: readonly Operation[];
  /** Set before every slash command where they would collide with another app's: `dev-` makes `/dev-deck`. */
  commandPrefix: string;
};
