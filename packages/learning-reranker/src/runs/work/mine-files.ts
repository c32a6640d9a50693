/** Mining of files: what was found is stored here, and only what to tell of it goes back. */
import { documentsOfRecords } from '../../mining/corpus-of-records.js';
import { evaluationDatasetPath } from '../../mining/evaluation-dataset-store.js';
import { collectRecords } from '../../mining/negatives.js';
import { mineBeir } from '../../mining/sources/beir.js';
import { CODE_RECORDS, mineCode } from '../../mining/sources/code.js';
import { mineEvaluationDataset } from '../../mining/sources/evaluation-dataset.js';
import { mineRecordFile } from '../../mining/sources/record-files.js';
import { importTriplets } from '../../mining/sources/triplets.js';
import {
  type MinedData,
  type MinedFiles,
  type MinedKind,
  resetMined,
  storeMined,
} from '../../mining/store.js';
import type { FilesRequest } from '../jobs/mine.js';
import type { WorkTools } from './work.js';

export interface MineFilesRequest {
  readonly dataDir: string;
  readonly request: FilesRequest;
  readonly files: MinedFiles;
  readonly mode: 'append' | 'replace';
  readonly reset: boolean;
}

/** The share of mining code that reading is; what is left is the search for negatives. */
const READING = 0.6;

export async function mineFiles(
  { dataDir, request, files, mode, reset }: MineFilesRequest,
  tools: WorkTools,
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
  { signal, emit }: WorkTools,
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
