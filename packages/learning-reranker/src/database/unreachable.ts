/** Tells a database that is away for a moment, which the caller may ask again, from a mistake of ours. */

/** Of the network, and of PostgreSQL when it starts, stops or takes no connections (class 08, 53300, 55000, 57P01 to 57P03). */
const AWAY =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|08...|53300|55000|57P0[123])$/;

/** `pg` gives its own errors of a connection no code. */
const LOST =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client (?:was closed|has encountered a connection error) and is not queryable)/;

/** Whether a query failed because the database was not reached, or went away under it. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return syscall === 'connect';
  return AWAY.test(code ?? '') || LOST.test(error.message);
}
