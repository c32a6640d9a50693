/** Does short jobs until killed or told: node queue-process.mjs <database url>. Each done job leaves a row. */
import { argv } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { openDatabase } from '../../dist/database/connection.js';
import { JobQueue } from '../../dist/jobs/queue.js';

const { db } = await openDatabase({ url: argv[2], dataDir: null });
const queue = new JobQueue(db);
const worker = `worker-${process.pid}`;
for (;;) {
  const job = await queue.claim(worker);
  if (!job) {
    await sleep(50);
    continue;
  }
  await sleep(5);
  const counts = await queue.finish(job.id, worker, { status: 'succeeded', result: {} });
  if (counts) await sql`insert into done (job) values (${job.id})`.execute(db);
}
