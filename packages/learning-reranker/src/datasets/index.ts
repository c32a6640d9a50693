/** Datasets: immutable snapshots, stable splits, projections for each loss, and verification. */
export type { EvaluationSample, SnapshotInput } from './compose.js';
export { type MinedSnapshot, newestSnapshot, snapshotOfMined } from './mined-snapshot.js';
export { projectRecords } from './shapes.js';
export {
  type BuiltSnapshot,
  buildSnapshot,
  findSnapshot,
  listSnapshots,
  readSnapshot,
  type Snapshot,
  SnapshotError,
  type SnapshotManifest,
} from './snapshot.js';
export { lossProblems, type VerificationReport, verifyDataset } from './verification.js';
