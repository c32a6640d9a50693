/** What an operation is: one unit of work that the command line, the API, schedules and jobs all run the same way. */
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { Database } from '../database/schema.js';
import type { Teacher } from '../mining/teacher-scores.js';

export interface OperationProgress {
  /** 0 to 1. */
  readonly share?: number;
  readonly message?: string;
  /** Seconds until the step that the message names ends. */
  readonly etaSeconds?: number | null;
}

/** What an operation runs with. A job of the service provides it, and so does a command's own process. */
export interface OperationContext {
  readonly settings: Settings;
  /** Aborted when the operation is cancelled or its process stops. */
  readonly signal: AbortSignal;
  /** Scores pairs with the cloud's reranker; null where no cloud is set up. */
  readonly cloudTeacher: ((signal: AbortSignal) => Teacher) | null;
  /** Only for operations whose `needsDatabase` returns true. */
  database(): Kysely<Database>;
  progress(now: OperationProgress): void;
  /** Adds an event to the journal; resolves when it is stored. */
  event(type: string, data: Record<string, unknown>): Promise<void>;
  /** The newest event of a type in the journal, from this attempt or an earlier one. */
  lastEvent(type: string): Promise<{ readonly data: Record<string, unknown> } | null>;
  /** Records that another attempt would continue from here. */
  checkpoint(): void;
}

/** A file or folder that a request names, with its field. */
export interface NamedPath {
  readonly field: string;
  readonly path: string;
}

/** A request that `/docs` shows. */
export interface RequestExample<Request = unknown> {
  readonly summary: string;
  readonly value: Request;
}

export interface Operation<Schema extends z.ZodType = z.ZodType, Result extends object = object> {
  /** The request: its field descriptions are the API reference and the help of derived options. */
  readonly schema: Schema;
  /** What a user's own process also accepts, such as a model folder where the API accepts only model ids. */
  readonly localSchema?: z.ZodType<z.output<Schema>>;
  readonly examples: Readonly<Record<string, RequestExample>>;
  /** What `GET /api/reranker/status` calls it while it runs, such as `training`. */
  readonly activity: string;
  /** Files that the request names. The API lets callers name only files below the source roots. */
  paths?(request: z.output<Schema>): readonly NamedPath[];
  /** Whether it reads or writes the database. Such an operation always runs as a job of a service. */
  needsDatabase?(request: z.output<Schema>): boolean;
  /** The SBERT name of the loss. Only operations that train have this. */
  lossOf?(request: z.output<Schema>, settings: Settings): string | null;
  /** Refuses what cannot succeed, before the request waits in a queue. @throws {TypedError} naming its field */
  precheck?(request: z.output<Schema>, settings: Settings): Promise<void>;
  /** Refuses requests that must not run unattended. @throws {TypedError} naming its field */
  checkSchedule?(request: z.output<Schema>): void;
  run(request: z.output<Schema>, context: OperationContext): Promise<Result>;
}

/** Types an operation by its schema. */
export function defineOperation<Schema extends z.ZodType, Result extends object>(
  operation: Operation<Schema, Result>,
): Operation<Schema, Result> {
  return operation;
}

/** A request that cannot be carried out. */
export class RequestError extends TypedError {
  override readonly name = 'RequestError';
  readonly kind: 'invalid' | 'conflict';

  constructor(kind: 'invalid' | 'conflict', field: string, message: string) {
    super(message);
    this.kind = kind;
    this.field = field;
  }
}

/** Runs a check of a field, and names the field in its error. */
export async function checkField<Result>(
  field: string,
  check: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof TypedError) {
      error.field = error.field === undefined ? field : `${field}.${error.field}`;
    }
    throw error;
  }
}

/** The context of a part of an operation. Its progress is the operation's from `from` to `until`. */
export function partOf(context: OperationContext, from: number, until: number): OperationContext {
  return {
    ...context,
    progress: ({ share, ...now }) =>
      context.progress({
        ...now,
        ...(share !== undefined && { share: from + share * (until - from) }),
      }),
  };
}

/** The name of a model. A path is refused, so that callers of the API cannot open folders or start downloads. */
export const modelNameSchema = z
  .string()
  .regex(/^\w[\w.-]{0,199}$/, "expected 'live', 'starter' or a model id");

/** A model on the user's own machine: a name, a folder or a hub id. */
export const localModelSchema = z.string().min(1);

export const datasetHashSchema = z.string().regex(/^[0-9a-f]{4,16}$/);
