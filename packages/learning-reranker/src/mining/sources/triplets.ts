/** Mines triplet files of the older product. */
import { z } from 'zod';
import { importTriplets } from '../../exchange/triplets.js';
import { documentsOfRecords } from '../corpus.js';
import { defineSource, PROBLEMS_LISTED, pathSchema, storing } from './source.js';

export const triplets = defineSource({
  schema: z.strictObject({
    source: z.literal('triplets').describe('JSON Lines of version 1 or 2'),
    path: pathSchema,
    root: z
      .string()
      .min(1)
      .optional()
      .describe('the folder that absolute document ids are relative to'),
    repo: z.string().min(1).optional().describe('the repository that the documents come from'),
    strict: z.boolean().optional().describe('stop at the first malformed line'),
    ...storing,
  }),
  paths: ({ path }) => ({ path }),
  async mine({ path, root, repo, strict }) {
    const { records, counts, malformed } = await importTriplets(path, {
      root,
      repoSlug: repo,
      strict,
    });
    return {
      kind: 'triplets',
      data: { records, corpus: documentsOfRecords(records) },
      report: {
        malformed: malformed.length,
        problems: malformed.slice(0, PROBLEMS_LISTED),
        counts,
      },
    };
  },
});
