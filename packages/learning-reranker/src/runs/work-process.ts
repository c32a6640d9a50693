/** The child that does a piece of a job. */
import { serveOnce } from './child.js';
import type { WorkRequest } from './work/run-work.js';
import { type WorkProgress, works } from './work/work.js';

serveOnce<WorkRequest, WorkProgress, unknown>(({ name, request }, tools) =>
  works[name](request as never, tools),
);
