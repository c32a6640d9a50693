/** Structured logs as JSON lines; no text of queries, documents or notes gets into them. */
import { destination, type Logger, pino } from 'pino';

export type Log = Logger;

/**
 * Errors keep their name, message and stack, cut short: those of a database carry the statement and its
 * parameters, which are people's texts.
 */
function shortError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, LONGEST) };
  const { name, message, stack } = error;
  const code = (error as { code?: unknown }).code;
  return {
    type: name,
    message: message.slice(0, LONGEST),
    ...(typeof code === 'string' && { code }),
    stack: stack?.slice(0, 4 * LONGEST),
  };
}

const LONGEST = 500;

export interface LogOptions {
  readonly level?: string;
  /** A file; standard error when absent. */
  readonly path?: string | undefined;
}

export function createLog({ level = 'info', path }: LogOptions = {}): Log {
  return pino(
    {
      level,
      base: { service: 'learning-reranker' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: shortError, error: shortError },
    },
    destination(path === undefined ? 2 : { dest: path, mkdir: true, append: true }),
  );
}
