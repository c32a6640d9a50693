/** Fields and errors that several routes share. */
import { z } from 'zod';
import { idSchema } from '../feedback/schema.js';
import { ApiError } from './errors.js';

/** The parameters of a path with an id. */
export const idParams = z.object({ id: idSchema });

/** The error for an id in the path that does not exist. `list` is the path that lists all. */
export function unknownId(what: string, list: string): ApiError {
  const message = `There is no ${what} with this id. GET ${list} lists all.`;
  return new ApiError('not_found', message, { field: 'id' });
}

export const lossField = z.string().describe('The SBERT class of the loss that trained the model.');

export const evaluationField = z
  .string()
  .describe('Identifies the queries and candidate lists. Only equal evaluations are comparable.');
