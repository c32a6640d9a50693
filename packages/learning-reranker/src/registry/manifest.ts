/** The manifest of a model folder: how the model was trained and its evaluation. */
import { z } from 'zod';

export const intervalSchema = z.strictObject({
  mean: z.number(),
  lower: z.number(),
  upper: z.number(),
});

/** The metrics of one system (BM25, a model, a blend) on one evaluation. */
export const systemMetricsSchema = z.strictObject({
  system: z.string(),
  n: z.int(),
  metrics: z.record(z.string(), intervalSchema),
});

export const modelManifestSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^\d{8}T\d{6}Z-[a-z0-9-]+$/),
  created: z.iso.datetime(),
  loss: z.strictObject({
    name: z.string(),
    alias: z.string(),
    parameters: z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
  }),
  /** The model that training started from. */
  base: z.string(),
  head: z.enum(['kept', 'converted', 'initialised']),
  datasetHash: z.string(),
  seed: z.int(),
  trainingArguments: z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
  training: z.strictObject({
    steps: z.int(),
    rows: z.int(),
    loss: z.number(),
    seconds: z.number(),
  }),
  /** The best blend weight on the dev queries. */
  blendAlpha: z.number().min(0).max(1).nullable(),
  evaluation: z
    .strictObject({
      hash: z.string(),
      split: z.enum(['dev', 'test']),
      /** Absent in manifests of older versions. */
      time: z.iso.datetime().optional(),
      systems: z.array(systemMetricsSchema),
    })
    .nullable(),
  /** SHA-256 by file. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
  versions: z.record(z.string(), z.string()),
});

export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type SystemMetrics = z.infer<typeof systemMetricsSchema>;
