/** Runs the operation of a command: in this process, or as a job of a service. */
import type { z } from 'zod';
import { registeredOperation } from '../operations/index.js';
import type { Operation, OperationContext, OperationProgress } from '../operations/operation.js';
import { action, type CommandAction, type CommandContext, type GlobalOptions } from './command.js';
import { InterruptedError, isAbort, UsageError } from './failure.js';
import { followJob, type Run } from './follow-job.js';
import { Progress } from './progress.js';
import { flagOf } from './schema-options.js';
import { runningService, type ServiceConnection, withService } from './service-connection.js';

/** What a command adds to its operation: the request from its options, and the output of the result. */
export interface OperationCommand<Options, Result> {
  request(
    options: Options & GlobalOptions,
    args: readonly string[],
    context: CommandContext,
  ): object | Promise<object>;
  /** Prints the result. With `--json`, its return value is printed instead, or the result if it returns nothing. */
  show?(result: Result, context: CommandContext, options: Options): unknown;
  /** Called for each event while the operation runs in this process. */
  onEvent?(type: string, data: Readonly<Record<string, unknown>>, context: CommandContext): void;
  /** The message after Ctrl-C in this process: what is kept, and how to continue. */
  readonly interrupted?: string;
  /** Changes the settings. The operation then runs in this process. */
  ownContext?(context: CommandContext): CommandContext;
}

/** Makes a commander action that runs an operation. */
export function runsOperation<Options extends object, Result extends object>(
  name: string,
  command: OperationCommand<Options, Result>,
): ReturnType<typeof action> {
  const work: CommandAction<Options> = async (given, options, args) => {
    const context = command.ownContext?.(given) ?? given;
    const request = await command.request(options, args, context);
    const result = await runOperation<Result>(context, name, request, {
      onEvent: (type, data) => command.onEvent?.(type, data, context),
      inThisProcess: command.ownContext !== undefined,
      interrupted: command.interrupted,
    });
    if (!command.show) {
      context.print(JSON.stringify(result, null, 2));
      return result;
    }
    return command.show(result, context, options) ?? result;
  };
  return action(work);
}

interface RunOptions {
  readonly onEvent?: (type: string, data: Readonly<Record<string, unknown>>) => void;
  readonly inThisProcess?: boolean;
  readonly interrupted?: string | undefined;
}

/** @throws {TypedError} as the operation does */
async function runOperation<Result extends object>(
  context: CommandContext,
  name: string,
  sent: object,
  { onEvent, inThisProcess = false, interrupted }: RunOptions = {},
): Promise<Result> {
  const operation = await registeredOperation(name).load();
  const request = parse(operation, sent);
  const asJob = (service: ServiceConnection) => runAsJob<Result>(context, service, name, sent);
  if (!inThisProcess && operation.needsDatabase?.(request)) {
    return withService(context, asJob, { doesJobs: true });
  }
  if (!inThisProcess && serviceCanRun(operation, request, sent)) {
    const service = await runningService(context);
    if (service) return asJob(service);
  }
  await operation.precheck?.(request, context.settings);
  try {
    return (await runHere(context, name, operation, request, onEvent)) as Result;
  } catch (error) {
    if (interrupted === undefined || !isAbort(error)) throw error;
    throw new InterruptedError(interrupted);
  }
}

function parse(operation: Operation, sent: object): unknown {
  const parsed = (operation.localSchema ?? operation.schema).safeParse(sent);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [field] = issue?.path ?? [];
  throw new UsageError(
    `${typeof field === 'string' ? flagOf(field) : 'request'}: ${issue?.message}`,
  );
}

/** A service may be unable to read the user's files, and does not accept the folder of a model. */
function serviceCanRun(operation: Operation, request: unknown, sent: object): boolean {
  const readsFiles = (operation.paths?.(request) ?? []).length > 0;
  return !readsFiles && operation.schema.safeParse(sent).success;
}

async function runAsJob<Result>(
  context: CommandContext,
  service: ServiceConnection,
  name: string,
  sent: object,
): Promise<Result> {
  if (service.isRunning) context.note(`The service at ${service.url} runs the job.`);
  const { run } = await service.call<{ run: Run }>('POST', `/api/reranker/${name}`, sent);
  // Ctrl-C cancels a job that this command started.
  return followJob<Result>(context, service, run.id, { cancelOnAbort: true });
}

async function runHere<Schema extends z.ZodType, Result extends object>(
  { settings, signal }: CommandContext,
  name: string,
  operation: Operation<Schema, Result>,
  request: z.output<Schema>,
  onEvent: RunOptions['onEvent'],
): Promise<Result> {
  const bar = new Progress(name);
  const events: { readonly type: string; readonly data: Record<string, unknown> }[] = [];
  let state: OperationProgress = {};
  const context: OperationContext = {
    settings,
    signal,
    cloudTeacher: null,
    database: () => {
      throw new Error(`The operation '${name}' uses the database, but its needsDatabase is false.`);
    },
    progress: (now) => {
      state = { ...state, etaSeconds: null, ...now };
      const { share = 0, message = '', etaSeconds } = state;
      bar.update({ share, text: message, ...(etaSeconds != null && { etaSeconds }) });
    },
    event: async (type, data) => {
      events.push({ type, data });
      // The progress bar shows the steps.
      if (type !== 'step') bar.stop();
      onEvent?.(type, data);
    },
    lastEvent: async (type) => events.findLast((event) => event.type === type) ?? null,
    checkpoint: () => undefined,
  };
  try {
    const result = await operation.run(request, context);
    bar.done();
    return result;
  } finally {
    bar.stop();
  }
}
