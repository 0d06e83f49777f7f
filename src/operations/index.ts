import { auditOperation } from './audit/operation.ts';
import { cleanupOperation } from './cleanup/operation.ts';
import { consoleOperation } from './console/operation.ts';
import type { Operation } from './contract.ts';
import { copyOperation } from './copy/operation.ts';
import { drillOperation } from './drill/operation.ts';
import { enableioOperation } from './enableio/operation.ts';
import { eventOperation } from './event/operation.ts';
import { fixOperation } from './fix/operation.ts';
import { helpOperation } from './help/operation.ts';
import { incidentsAckOperation, incidentsAssignOperation, incidentsSilenceOperation } from './incidents/acts.ts';
import { incidentsOperation } from './incidents/operation.ts';
import { migrateOperation } from './migrate/operation.ts';
import { pauseOperation } from './pause/operation.ts';
import { replaceOperation } from './replace/operation.ts';
import { restartOperation } from './restart/operation.ts';
import { restoreOperation } from './restore/operation.ts';
import { resumeOperation } from './resume/operation.ts';
import { runsOperation } from './runs/operation.ts';
import { schedulesOperation } from './schedules/operation.ts';
import {
  sitesMaintenanceOperation,
  sitesPauseOperation,
  sitesResumeOperation,
  sitesSilenceOperation,
} from './sites/breaks.ts';
import { sitesAddOperation, sitesEditOperation, sitesRemoveOperation } from './sites/define.ts';
import { sitesDiscoverOperation } from './sites/discover.ts';
import { sitesHistoryOperation } from './sites/history.ts';
import { sitesOperation } from './sites/operation.ts';
import { sitesTestOperation } from './sites/test.ts';
import { snapshotOperation } from './snapshot/operation.ts';
import { standbyOperation } from './standby/operation.ts';
import { startOperation } from './start/operation.ts';
import { statusOperation } from './status/operation.ts';
import { tagOperation } from './tag/operation.ts';
import { tagsOperation } from './tags/operation.ts';
import { undoOperation } from './undo/operation.ts';

/** Everything people can ask for. Adding one = its folder and a line here; the rest is generated (`npm run generate`). */
export const operations: readonly Operation[] = [
  statusOperation,
  snapshotOperation,
  restoreOperation,
  tagOperation,
  restartOperation,
  startOperation,
  migrateOperation,
  replaceOperation,
  standbyOperation,
  eventOperation,
  enableioOperation,
  consoleOperation,
  fixOperation,
  cleanupOperation,
  copyOperation,
  drillOperation,
  undoOperation,
  runsOperation,
  auditOperation,
  incidentsOperation,
  incidentsAckOperation,
  incidentsAssignOperation,
  incidentsSilenceOperation,
  sitesOperation,
  sitesHistoryOperation,
  sitesAddOperation,
  sitesEditOperation,
  sitesRemoveOperation,
  sitesPauseOperation,
  sitesResumeOperation,
  sitesSilenceOperation,
  sitesMaintenanceOperation,
  sitesTestOperation,
  sitesDiscoverOperation,
  pauseOperation,
  resumeOperation,
  schedulesOperation,
  tagsOperation,
  helpOperation,
];
