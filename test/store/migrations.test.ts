import { openTestStore } from '#test/support/store.ts';

import { migrationsSuite } from './migrations.suite.ts';

migrationsSuite(openTestStore);
