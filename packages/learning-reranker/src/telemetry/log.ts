/** Structured logs as JSON lines; no text of queries, documents or notes gets into them. */

import { destination, type Logger, pino } from 'pino';
import { ConfigError } from '../config/index.js';

export type Log = Logger;

const LONGEST = 500;

/**
 * Errors keep their name, message and the places they passed, cut short: those of a database carry the
 * statement and its parameters, which are people's texts.
 */
function shortError(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error).slice(0, LONGEST) };
  const { name, stack } = error;
  const code = (error as { code?: unknown }).code;
  const places = stack?.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: name,
    message: messageOf(error, code).slice(0, LONGEST),
    ...(typeof code === 'string' && { code }),
    stack: places?.join('\n').slice(0, 4 * LONGEST),
  };
}

/** What cannot be read is quoted by JSON.parse, and by PostgreSQL in its errors of class 22: somebody wrote it. */
function messageOf({ name, message }: Error, code: unknown): string {
  if (name === 'SyntaxError') return message.replace(/".*"|'.*'/gs, '…');
  return typeof code === 'string' && /^22...$/.test(code)
    ? message.replace(/".*"/gs, '…')
    : message;
}

export interface LogOptions {
  readonly level?: string;
  /** A file; standard error when absent. */
  readonly path?: string | undefined;
}

/** @throws {ConfigError} when the file cannot be written */
export function createLog({ level = 'info', path }: LogOptions = {}): Log {
  return pino(
    {
      level,
      base: { service: 'learning-reranker' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: shortError, error: shortError },
    },
    path === undefined ? destination(2) : fileAt(path),
  );
}

/** A disk that is full later costs lines of the log, not the service. */
function fileAt(path: string): ReturnType<typeof destination> {
  try {
    const file = destination({ dest: path, mkdir: true, append: true, sync: true });
    file.on('error', () => undefined);
    return file;
  } catch (error) {
    throw new ConfigError([
      `AGRO_RERANKER_SERVICE_LOG: expected a file that can be written, got ${path}: ${(error as Error).message}. Name another, or none for standard error.`,
    ]);
  }
}
