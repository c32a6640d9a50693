/** The database: PostgreSQL, or PGlite in the data folder. */
export {
  DatabaseError,
  type DatabaseLocation,
  type OpenDatabase,
  openDatabase,
} from './connection.js';
export type {
  ApiKeysTable,
  Database,
  FeedbackKind,
  FeedbackTable,
  JobStatus,
  JobsTable,
  SchedulesTable,
  SearchesTable,
  ShownDocument,
} from './schema.js';
export { refreshStatistics } from './statistics.js';
export { makeTemplate } from './template.js';
export { isDatabaseAway } from './unreachable.js';
