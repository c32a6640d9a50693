/** What every kind of job is given and what it is. */
import type { Kysely } from 'kysely';
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { Database } from '../database/index.js';
import type { Teacher } from '../mining/teacher-scores.js';

export interface JobContext {
  readonly db: Kysely<Database>;
  readonly settings: Settings;
  /** Aborted when the job is cancelled or its worker stops. */
  readonly signal: AbortSignal;
  /** The cloud's reranker as a teacher; null where this worker has none. */
  readonly cloudTeacher: ((signal: AbortSignal) => Teacher) | null;
  /** Where it stands: shown with the next heartbeat. Without an estimate there is none any more. */
  progress(now: JobProgress): void;
  /** The newest event of a type that this job wrote, in this attempt or an earlier one. */
  lastEvent(type: string): Promise<{ readonly data: Record<string, unknown> } | null>;
  /** Tells that another attempt would go on from here. */
  kept(): void;
  /** Adds to what is streamed to whoever watches, in order; resolves when it is kept. */
  say(type: string, data: Record<string, unknown>): Promise<void>;
}

export interface JobProgress {
  readonly share?: number;
  readonly message?: string;
  /** Until the end of what the message names. */
  readonly etaSeconds?: number | null;
}

/** The context of a part of a job: its progress is that part of the whole's. */
export function partOf(context: JobContext, from: number, until: number): JobContext {
  return {
    ...context,
    progress: ({ share, ...now }) =>
      context.progress({
        ...now,
        ...(share !== undefined && { share: from + share * (until - from) }),
      }),
  };
}

export interface JobDefinition<Schema extends z.ZodType = z.ZodType> {
  /** The request as the API and the command line check it. */
  readonly schema: Schema;
  /** Checks the request again: a queue may be older than the code. */
  run(request: unknown, context: JobContext): Promise<Record<string, unknown>>;
}

export function defineJob<Schema extends z.ZodType>(
  schema: Schema,
  work: (request: z.output<Schema>, context: JobContext) => Promise<Record<string, unknown>>,
): JobDefinition<Schema> {
  return { schema, run: (request, context) => work(schema.parse(request), context) };
}
