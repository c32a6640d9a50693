/** Checks a request before it waits in the queue: its form, the files it names, and what its operation refuses early. */
import type { z } from 'zod';
import type { Settings } from '../config/index.js';
import type { Operation } from '../operations/operation.js';
import { refuseOutside } from './source-roots.js';

/** The checked request. @throws {ZodError} for another form; {TypedError} naming the field that is refused */
export async function checkRequest<Schema extends z.ZodType>(
  operation: Operation<Schema>,
  sent: unknown,
  settings: Settings,
): Promise<z.output<Schema>> {
  const request = operation.schema.parse(sent);
  await refuseOutside(operation.paths?.(request) ?? [], settings);
  await operation.precheck?.(request, settings);
  return request;
}
