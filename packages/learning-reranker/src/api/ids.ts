/** Ids as they come in addresses: keys of rows, never paths, and nothing a database refuses. */
import { z } from 'zod';

export const idSchema = z
  .string()
  .regex(/^[\w.:@/#+=-]{1,200}$/, 'expected 1 to 200 of letters, digits and . : @ / # + = _ -');

export const idParams = z.object({ id: idSchema });
