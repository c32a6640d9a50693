/** Every loss with its SBERT class, data and parameters, and whether the mined data fits it. */
import { stat } from 'node:fs/promises';
import { knownLoss, lossDescriptions } from '@learning-reranker/cross-encoder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { featureFlagOf, type Settings } from '../../config/index.js';
import { lossProblems } from '../../datasets/index.js';
import { minedFiles, readMinedRecords } from '../../mining/store.js';
import type { TrainingRecord } from '../../records/training-record.js';
import type { ServiceContext } from '../context.js';
import { route, typed } from '../server.js';

const lossSchema = z
  .object({
    name: z.string().describe('The class in sentence_transformers.cross_encoder.losses.'),
    alias: z.string(),
    summary: z.string(),
    purpose: z.string(),
    data_shape: z.string(),
    inputs: z.string(),
    labels: z.string(),
    num_labels: z.object({ exactly: z.number() }).or(z.object({ at_least: z.number() })),
    parameters: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        default: z.union([z.number(), z.boolean(), z.string(), z.null()]),
        description: z.string(),
        choices: z.array(z.string()).optional(),
      }),
    ),
    activation: z.string(),
    batch_size_advice: z.string(),
    recommended_batch_size: z.int().describe('Rows in a batch to start with.'),
    usual_batch_size: z.object({ from: z.int(), to: z.int() }),
    relations: z.array(z.string()),
    references: z.array(z.string()),
    gate: z
      .object({ environment: z.string(), enabled: z.boolean() })
      .nullable()
      .describe('The feature flag that the loss needs; null if it needs none.'),
    is_default: z.boolean(),
    served_by_data: z
      .object({ records: z.int(), can_serve: z.boolean(), reason: z.string() })
      .describe('Whether the mined training records fit the loss, and the reason.'),
  })
  .meta({ id: 'Loss' });

export async function lossRoutes(instance: FastifyInstance, context: ServiceContext) {
  const served = todaysData(context.settings);
  typed(instance).get(
    '/api/reranker/losses',
    route('read', 'learning', {
      summary: 'List the losses',
      response: { 200: z.object({ losses: z.array(lossSchema) }) },
    }),
    async () => {
      const { settings } = context;
      const { records, reasons } = await served();
      const chosen = knownLoss(settings.loss);
      const losses = lossDescriptions.map((description) => {
        const { numLabels, parameters } = description;
        const flag = featureFlagOf(description.name);
        const problems = reasons.get(description.name) ?? [];
        return {
          name: description.name,
          alias: description.alias,
          summary: description.summary,
          purpose: description.purpose,
          data_shape: description.dataShape,
          inputs: description.inputs,
          labels: description.labels,
          num_labels:
            'exactly' in numLabels
              ? { exactly: numLabels.exactly }
              : { at_least: numLabels.atLeast },
          parameters: parameters.map((parameter) => ({
            name: parameter.name,
            type: parameter.type,
            default: parameter.default,
            description: parameter.description,
            ...(parameter.choices && { choices: [...parameter.choices] }),
          })),
          activation: description.activation,
          batch_size_advice: description.batchSizeAdvice,
          recommended_batch_size: description.batchSize.recommended,
          usual_batch_size: { from: description.batchSize.from, to: description.batchSize.to },
          relations: [...description.relations],
          references: [...description.references],
          gate: flag
            ? { environment: flag.environment, enabled: settings[flag.key] === true }
            : null,
          is_default: description === chosen,
          served_by_data: {
            records,
            can_serve: problems.length === 0,
            reason:
              problems.length === 0
                ? 'The mined training records fit this loss.'
                : problems.join(' '),
          },
        };
      });
      return { losses };
    },
  );
}

interface Served {
  readonly records: number;
  /** By loss; absent if the data fits. */
  readonly reasons: ReadonlyMap<string, readonly string[]>;
}

/** Reads the mined records again whenever their file changes. */
function todaysData(settings: Settings): () => Promise<Served> {
  let known: { readonly version: string; readonly served: Served } | null = null;
  return async () => {
    const files = minedFiles(settings.dataDir, settings.tripletsPath);
    const file = await stat(files.records).catch(() => null);
    const version = `${file?.mtimeMs} ${file?.size} ${settings.trainBatch}`;
    if (known?.version !== version) {
      known = { version, served: servedBy(await readMinedRecords(files), settings.trainBatch) };
    }
    return known.served;
  };
}

function servedBy(records: readonly TrainingRecord[], batchSize: number): Served {
  if (records.length > 0) {
    return { records: records.length, reasons: lossProblems(records, batchSize) };
  }
  const reason = ['There are no training records yet. Start a job with POST /api/reranker/mine.'];
  return { records: 0, reasons: new Map(lossDescriptions.map(({ name }) => [name, reason])) };
}
