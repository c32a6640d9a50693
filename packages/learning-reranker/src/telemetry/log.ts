/** Structured logs as JSON Lines. They never contain the text of queries, documents or notes. */
import { destination, type Logger, pino } from 'pino';
import { ConfigError } from '../config/index.js';

export type Log = Logger;

const LONGEST = 500;

/**
 * Keeps an error's name, message and stack, shortened. Further fields are left out: those of a database error hold
 * the statement and its parameters, which are users' texts.
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

/** JSON.parse and PostgreSQL's errors of class 22 quote the input that they cannot read: users' text. */
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

/** @throws {ConfigError} if the file cannot be written */
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

/** If the disk fills up later, log lines are lost and the service keeps running. */
function fileAt(path: string): ReturnType<typeof destination> {
  try {
    const file = destination({ dest: path, mkdir: true, append: true, sync: true });
    file.on('error', () => undefined);
    return file;
  } catch (error) {
    throw new ConfigError([
      `AGRO_RERANKER_SERVICE_LOG: cannot write to ${path}: ${(error as Error).message}. Set another file, or unset it to log to standard error.`,
    ]);
  }
}
