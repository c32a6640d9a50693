/** Mining of files: what was found is stored here, and only what to tell of it goes back. */
import { z } from 'zod';

import { importTriplets } from '../exchange/triplet-rows.js';
import { documentsOfRecords } from './corpus.js';
import { evaluationDatasetPath } from './evaluation-dataset-store.js';
import { collectRecords } from './negatives.js';
import { mineBeir } from './sources/beir.js';
import { CODE_RECORDS, mineCode } from './sources/code.js';
import { mineEvaluationDataset } from './sources/evaluation-dataset.js';
import { mineRecordFile } from './sources/record-files.js';
import {
  type MinedData,
  type MinedFiles,
  type MinedKind,
  resetMined,
  storeMined,
} from './store.js';

const path = z.string().min(1);

/** How a mining treats the records that an earlier one of the same source stored. */
export const storing = {
  mode: z
    .enum(['append', 'replace'])
    .optional()
    .describe(
      'add to the records of this source or replace them; the setting mineMode when absent',
    ),
  reset: z.boolean().optional().describe('delete all mined records first'),
};

const fileOf = <Source extends string>(source: Source, description: string) =>
  z.strictObject({ source: z.literal(source).describe(description), path, ...storing });

/** The sources that read files. */
export const fileSourceSchemas = [
  z.strictObject({
    source: z.literal('code'),
    folders: z.array(z.string().min(1)).min(1).max(100),
    ...storing,
  }),
  fileOf('triplets', 'JSON Lines of version 1 or 2'),
  fileOf('ms-marco', 'lines of query, positive and negative, separated by tabs'),
  fileOf('sbert', 'JSON Lines for SBERT: labeled pairs, tuples, scored tuples'),
  fileOf('beir', 'a folder with corpus.jsonl, queries.jsonl and qrels'),
  z.strictObject({
    source: z.literal('evaluation'),
    path: path.optional().describe('the samples of /api/evaluation-datasets when absent'),
    corpus: z.array(z.string().min(1)).min(1).max(100),
    ...storing,
  }),
] as const;

export type FilesRequest = z.output<(typeof fileSourceSchemas)[number]>;

export interface MineFilesRequest {
  readonly dataDir: string;
  readonly request: FilesRequest;
  readonly files: MinedFiles;
  readonly mode: 'append' | 'replace';
  readonly reset: boolean;
}

/** What a mining is given: when to stop, and where to report its progress. */
export interface MiningTools {
  readonly signal: AbortSignal;
  readonly emit: (progress: { readonly share?: number; readonly message?: string }) => void;
}

/** The share of mining code that reading is; what is left is the search for negatives. */
const READING = 0.6;

export async function mineFiles(
  { dataDir, request, files, mode, reset }: MineFilesRequest,
  tools: MiningTools,
) {
  const { kind, data, told } = await mined(request, dataDir, tools);
  tools.signal.throwIfAborted();
  if (reset) await resetMined(files);
  await storeMined(files, kind, data, mode);
  return {
    records: data.records.length,
    corpus: data.corpus.length,
    samples: data.samples?.length ?? 0,
    ...told,
  };
}

interface Mined {
  readonly kind: MinedKind;
  readonly data: Pick<MinedData, 'records' | 'corpus'> & Partial<MinedData>;
  readonly told: Record<string, unknown>;
}

async function mined(
  request: FilesRequest,
  dataDir: string,
  { signal, emit }: MiningTools,
): Promise<Mined> {
  const readingIs = (part: number) => (read: { filesDone: number; filesTotal: number }) =>
    emit({
      share: (part * read.filesDone) / Math.max(1, read.filesTotal),
      message: `${read.filesDone} of ${read.filesTotal} files`,
    });
  switch (request.source) {
    case 'code': {
      const { pairs, corpus, drops, skipped } = await mineCode(request.folders, {
        signal,
        onProgress: readingIs(READING),
      });
      const records = await collectRecords(pairs, corpus, {
        ...CODE_RECORDS,
        signal,
        onProgress: (done) =>
          emit({
            share: READING + ((1 - READING) * done) / pairs.length,
            message: `negatives of ${done} of ${pairs.length} records`,
          }),
      });
      return { kind: 'code', data: { records, corpus }, told: { dropped: drops, skipped } };
    }
    case 'triplets': {
      const { records, malformed } = await importTriplets(request.path, {});
      const data = { records, corpus: documentsOfRecords(records) };
      return { kind: 'triplets', data, told: { malformed: malformed.length } };
    }
    case 'ms-marco':
    case 'sbert': {
      const { malformed, ...data } = await mineRecordFile(request.path, request.source, {
        signal,
        onProgress: (count) => emit({ message: `${count} records` }),
      });
      return { kind: 'triplets', data, told: { malformed: malformed.length } };
    }
    case 'beir': {
      const { without_text, ...data } = await mineBeir(request.path, {
        signal,
        onProgress: ({ done, total }) =>
          emit({ share: done / total, message: `${done} of ${total} records` }),
      });
      return { kind: 'evaluation', data, told: { without_text } };
    }
    case 'evaluation': {
      const { unanswerable, malformed, samples, records, corpus } = await mineEvaluationDataset(
        request.path ?? evaluationDatasetPath(dataDir),
        request.corpus,
        { signal, onProgress: readingIs(1) },
      );
      return {
        kind: 'evaluation',
        data: { samples, records, corpus },
        told: { unanswerable: unanswerable.length, malformed: malformed.length },
      };
    }
  }
}
