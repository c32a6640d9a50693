/** Mines files in a child process and stores the result there. Only counts go back to the parent. */
import type { z } from 'zod';
import { fileSource, fileSources } from './sources/index.js';
import type { FileSource, MiningTools } from './sources/source.js';
import { type MinedFiles, resetMined, storeMined } from './store.js';

/** The request schemas of all sources that read files. */
export const fileSourceSchemas = () => fileSources().map(({ schema }) => schema);

export type FilesRequest = z.output<FileSource['schema']>;

export interface MineFilesRequest {
  readonly dataDir: string;
  readonly request: FilesRequest;
  readonly files: MinedFiles;
  readonly mode: 'append' | 'replace';
  readonly reset: boolean;
}

export async function mineFiles(
  { dataDir, request, files, mode, reset }: MineFilesRequest,
  tools: Omit<MiningTools, 'dataDir'>,
) {
  const source = fileSource(request.source);
  const { kind, data, report } = await source.mine(request, { dataDir, ...tools });
  tools.signal.throwIfAborted();
  if (reset) await resetMined(files);
  await storeMined(files, kind, data, mode);
  return {
    records: data.records.length,
    corpus: data.corpus.length,
    samples: data.samples?.length ?? 0,
    ...report,
  };
}
