import { historySuite } from '#test/ports/history.suite.ts';
import { openTestStore } from '#test/support/store.ts';

historySuite(openTestStore);
