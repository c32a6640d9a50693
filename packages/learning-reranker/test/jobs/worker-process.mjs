/** A worker of a service: node worker-process.mjs <database url or -> <data folder>. */
import { argv } from 'node:process';
import { resolveSettings } from '../../dist/config/index.js';
import { openDatabase } from '../../dist/database/connection.js';
import { startWorker } from '../../dist/jobs/worker.js';

const [, , url, dataDir] = argv;
const { db } = await openDatabase({ url, dataDir: null });
const { settings } = resolveSettings({
  file: { dataDir, trainBatch: 8, learningRate: 1e-3, trainMaxLength: 32 },
});
await startWorker({ db, settings, signal: new AbortController().signal });
