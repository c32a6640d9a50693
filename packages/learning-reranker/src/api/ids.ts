/** The parameters of a path with an id. */
import { z } from 'zod';
import { idSchema } from '../feedback/schema.js';

export const idParams = z.object({ id: idSchema });
