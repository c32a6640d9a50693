/** Describes a source that training records are mined from by reading files. */
import { z } from 'zod';
import type { MinedData, MinedKind } from '../store.js';

/** A source of `reranker mine <name>` and of mining requests. */
export interface FileSource<Schema extends FileRequestSchema = FileRequestSchema> {
  /** The request. Its `source` is the name of the source. */
  readonly schema: Schema;
  /** The files and folders that a request reads, by field. The API allows only those in the source roots. */
  paths(
    request: z.output<Schema>,
  ): Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Reads the files. It runs in a child process, so the result holds data only. */
  mine(request: z.output<Schema>, tools: MiningTools): Promise<Mined>;
}

/** What mining gets beside its request. */
export interface MiningTools {
  readonly dataDir: string;
  readonly signal: AbortSignal;
  readonly emit: (progress: { readonly share?: number; readonly message?: string }) => void;
}

interface Mined {
  /** The kind of mined data that a mining with the mode `replace` replaces. */
  readonly kind: MinedKind;
  readonly data: Pick<MinedData, 'records' | 'corpus'> & Partial<MinedData>;
  /** Counts and problems that become part of the result of the job. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** The fields that every mining request has. */
export const storing = {
  mode: z
    .enum(['append', 'replace'])
    .optional()
    .describe(
      'add to the records of this source or replace them; the default is the setting mineMode',
    ),
  reset: z.boolean().optional().describe('delete all mined records first'),
};

type FileRequestSchema = z.ZodObject<
  { source: z.ZodLiteral<string> } & typeof storing,
  z.core.$strict
>;

/** A file or folder to read. */
export const pathSchema = z.string().min(1).describe('the file or folder to read');
export const foldersSchema = z.array(pathSchema).min(1).max(100).describe('the folders to read');

/** Checks the parts of a source against each other; the source itself is returned. */
export function defineSource<Schema extends FileRequestSchema>(
  source: FileSource<Schema>,
): FileSource<Schema> {
  return source;
}

/** Problems listed in a report. The counts hold all of them. */
export const PROBLEMS_LISTED = 100;
