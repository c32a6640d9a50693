/** Distinguishes a database that is away for a moment, so that the caller may try again, from a bug. */

/** Codes of the network, and of PostgreSQL when it starts, stops or accepts no connections (class 08, 53300, 55000, 57P01 to 57P03). */
const AWAY =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|08...|53300|55000|57P0[123])$/;

/** The connection errors of `pg` itself have no code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client (?:was closed|has encountered a connection error) and is not queryable)/;

/** Whether a query failed because the database was unreachable or the connection was lost. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return syscall === 'connect';
  return AWAY.test(code ?? '') || LOST.test(error.message);
}
