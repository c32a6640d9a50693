/** Mining as a job: from source code, files of others, the evaluation dataset, or what people clicked and rated. */
import { z } from 'zod';
import { clickModelNames } from '../../judgments/index.js';
import { documentsOfRecords } from '../../mining/corpus-of-records.js';
import { forgetErased } from '../../mining/forget-erased.js';
import { recordsOfPairs } from '../../mining/negatives.js';
import { mineBeir } from '../../mining/sources/beir.js';
import { mineCode } from '../../mining/sources/code.js';
import { mineEvaluationDataset } from '../../mining/sources/evaluation-dataset.js';
import { mineFeedback } from '../../mining/sources/feedback.js';
import { mineRecordFile } from '../../mining/sources/record-files.js';
import { importTriplets } from '../../mining/sources/triplets.js';
import {
  type MinedData,
  type MinedKind,
  minedFiles,
  resetMined,
  storeMined,
} from '../../mining/store.js';
import { resolveModel } from '../../registry/index.js';
import { ModelScorer } from '../model-scorer.js';
import { defineJob, type JobContext } from './job.js';
import { modelNameSchema } from './model-name.js';

const mode = z.enum(['append', 'replace']).optional();
const reset = z.boolean().optional();
const path = z.string().min(1);
const fileOf = <Source extends string>(source: Source, description: string) =>
  z.strictObject({ source: z.literal(source).describe(description), path, mode, reset });

export const mineRequestSchema = z
  .discriminatedUnion('source', [
    z.strictObject({
      source: z.literal('feedback'),
      click_model: z.enum(clickModelNames).optional(),
      from: z.iso.datetime({ offset: true }).optional(),
      until: z.iso.datetime({ offset: true }).optional(),
      minimum_impressions: z.int().min(1).optional(),
      minimum_clicks: z
        .int()
        .min(1)
        .optional()
        .describe('that a document must have before it answers its query; votes need none'),
      keywords: z
        .boolean()
        .optional()
        .describe('whether terms that tell liked from disliked results label what nobody judged'),
      teacher: modelNameSchema
        .optional()
        .describe(
          "whose scores MarginMSELoss learns from: 'cloud', 'live', 'starter' or a model id",
        ),
      mode,
      reset,
    }),
    z.strictObject({
      source: z.literal('code'),
      folders: z.array(z.string().min(1)).min(1).max(100),
      mode,
      reset,
    }),
    fileOf('triplets', 'JSON Lines of version 1 or 2'),
    fileOf('ms-marco', 'lines of query, positive and negative, parted by tabs'),
    fileOf('sbert', 'JSON Lines for SBERT: labelled pairs, tuples, scored tuples'),
    fileOf('beir', 'a folder with corpus.jsonl, queries.jsonl and qrels'),
    z.strictObject({
      source: z.literal('evaluation'),
      path,
      corpus: z.array(z.string().min(1)).min(1).max(100),
      mode,
      reset,
    }),
  ])
  .meta({ id: 'MineRequest' });

export type MineRequest = z.output<typeof mineRequestSchema>;

export const mine = defineJob(mineRequestSchema, (request, context) => runMining(request, context));

export async function runMining(request: MineRequest, context: JobContext) {
  const { settings } = context;
  const { kind, data, told } = await mined(request, context);
  const files = minedFiles(settings.dataDir, settings.tripletsPath);
  if (request.reset ?? settings.mineReset) await resetMined(files);
  // What was learned from the whole log is replaced by what is learned from the longer log.
  const usual = request.source === 'feedback' ? 'replace' : settings.mineMode;
  await storeMined(files, kind, data, request.mode ?? usual);
  // Somebody may have been erased since the log was read.
  if (kind === 'feedback') await forgetErased(context.db, files);
  const counts = {
    source: request.source,
    records: data.records?.length ?? 0,
    corpus: data.corpus?.length ?? 0,
    samples: data.samples?.length ?? 0,
    ...told,
  };
  void context.say('mined', counts);
  return counts;
}

async function mined(
  request: MineRequest,
  context: JobContext,
): Promise<{ kind: MinedKind; data: Partial<MinedData>; told: Record<string, unknown> }> {
  const { signal } = context;
  const onProgress = ({ filesDone, filesTotal }: { filesDone: number; filesTotal: number }) =>
    context.progress({
      share: filesDone / filesTotal,
      message: `${filesDone} of ${filesTotal} files`,
    });
  if (request.source === 'code') {
    const { pairs, corpus, drops, skipped } = await mineCode(request.folders, {
      signal,
      onProgress,
    });
    const options = {
      source: 'code',
      positiveReason: 'the code that this documentation comment documents',
    };
    const records = [...recordsOfPairs(pairs, corpus, options)];
    return { kind: 'code', data: { records, corpus }, told: { dropped: drops, skipped } };
  }
  if (request.source === 'triplets') {
    const { records, malformed } = await importTriplets(request.path, {});
    const corpus = documentsOfRecords(records);
    return { kind: 'triplets', data: { records, corpus }, told: { malformed: malformed.length } };
  }
  if (request.source === 'ms-marco' || request.source === 'sbert') {
    const { records, corpus, malformed } = await mineRecordFile(request.path, request.source, {
      signal,
      onProgress: (count) => context.progress({ message: `${count} records` }),
    });
    return { kind: 'triplets', data: { records, corpus }, told: { malformed: malformed.length } };
  }
  if (request.source === 'beir') {
    const { records, corpus, samples, without_text } = await mineBeir(request.path, {
      signal,
      onProgress: ({ done, total }) =>
        context.progress({ share: done / total, message: `${done} of ${total} records` }),
    });
    return { kind: 'evaluation', data: { records, corpus, samples }, told: { without_text } };
  }
  if (request.source === 'evaluation') {
    const found = await mineEvaluationDataset(request.path, request.corpus, { signal, onProgress });
    const { samples, records, corpus, unanswerable, malformed } = found;
    return {
      kind: 'evaluation',
      data: { samples, records, corpus },
      told: { unanswerable: unanswerable.length, malformed: malformed.length },
    };
  }
  const teacher =
    request.teacher === undefined ? null : await openTeacher(request.teacher, context);
  try {
    const { records, corpus, samples, report } = await mineFeedback(context.db, {
      clickModel: request.click_model,
      from: request.from === undefined ? undefined : new Date(request.from),
      until: request.until === undefined ? undefined : new Date(request.until),
      minimumImpressions: request.minimum_impressions,
      minimumClicks: request.minimum_clicks,
      keywords: request.keywords,
      teacher: teacher?.teacher,
      signal,
      onProgress: (share) => context.progress({ share, message: 'asks the teacher' }),
    });
    return { kind: 'feedback', data: { records, corpus, samples }, told: { ...report } };
  } finally {
    teacher?.close();
  }
}

const CLOUD = 'cloud';

/** A model that scores pairs, under its own name: the scores of another are not its. */
async function openTeacher(name: string, { settings, signal, cloudTeacher }: JobContext) {
  if (name === CLOUD && cloudTeacher) {
    return { teacher: cloudTeacher(signal), close: () => undefined };
  }
  const { id, path } = await resolveModel(settings.dataDir, name);
  const scorer = await ModelScorer.open(path, { maxLength: settings.maxLength });
  return {
    teacher: {
      name: id,
      score: async (pairs: readonly { query: string; document: string }[]) =>
        Array.from(await scorer.predict(pairs.map(({ query, document }) => [query, document]))),
    },
    close: () => scorer.close(),
  };
}
