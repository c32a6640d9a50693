/** What a request may call a model: no path, so that nobody has this machine open a folder or download. */
import { z } from 'zod';

export const modelNameSchema = z
  .string()
  .regex(/^\w[\w.-]{0,199}$/, "expected 'live', 'starter' or a model id");
