import { createHistory } from '#store/history.ts';
import { openStore } from '#store/open.ts';
import { silentLog as log, storeImage } from '#test/support/store.ts';

/** A process that opens the folder it is given, stores one thing and stays until it is killed. */
const store = await openStore({ dataDir: process.argv[2], image: await storeImage(), log });
await createHistory(store).intents.begin('r-1', 'by the dead');
process.stdout.write('open\n');
setInterval(() => undefined, 60_000);
