import { historySuite } from '#test/ports/history.suite.ts';
import { openPostgresStore } from '#test/support/postgres.ts';

import { migrationsSuite } from './migrations.suite.ts';
import { poolSuite } from './pool.suite.ts';

historySuite(openPostgresStore);
migrationsSuite(openPostgresStore);
poolSuite(openPostgresStore);
