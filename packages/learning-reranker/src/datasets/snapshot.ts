/** Stores datasets as immutable folders, each named by the hash of its content. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically } from '@learning-reranker/cross-encoder';
import { TypedError } from '@learning-reranker/cross-encoder/errors';
import { z } from 'zod';
import type { CorpusDocument, TrainingRecord } from '../records/training-record.js';
import { composeSnapshot, type EvaluationSample, type SnapshotInput } from './compose.js';
import type { Split } from './split.js';

export const snapshotManifestSchema = z.strictObject({
  version: z.literal(1),
  hash: z.string().regex(/^[0-9a-f]{16}$/),
  created: z.iso.datetime(),
  counts: z.strictObject({
    train: z.int(),
    dev: z.int(),
    test: z.int(),
    corpus: z.int(),
  }),
  /** The number of records by mining source. */
  sources: z.record(z.string(), z.int()),
  dropped: z.record(z.string(), z.int()),
  /** SHA-256 by file. */
  files: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});

export type SnapshotManifest = z.infer<typeof snapshotManifestSchema>;

export interface Snapshot {
  readonly path: string;
  readonly manifest: SnapshotManifest;
  readonly train: readonly TrainingRecord[];
  readonly corpus: readonly CorpusDocument[];
  readonly evaluation: readonly EvaluationSample[];
}

/** A dataset is missing or damaged, or cannot be made. */
export class SnapshotError extends TypedError {
  override readonly name = 'SnapshotError';
  readonly kind: 'invalid' | 'conflict' | 'not-found';

  constructor(message: string, kind: SnapshotError['kind'] = 'conflict') {
    super(message);
    this.kind = kind;
  }
}

const MANIFEST = 'manifest.json';
const WAY_OUT =
  'The dataset was changed or damaged. Restore it from a copy, or remove its folder and build it again.';
const folderOf = (dataDir: string) => join(dataDir, 'datasets');

export interface BuiltSnapshot {
  readonly path: string;
  readonly manifest: SnapshotManifest;
  /** Whether the same content was stored already. */
  readonly reused: boolean;
}

/**
 * Builds a dataset, or returns the existing one with the same content. Queries keep their splits of the newest dataset.
 * @throws {SnapshotError} for an empty input, or if the newest dataset's splits are damaged.
 */
export async function buildSnapshot(
  dataDir: string,
  input: Omit<SnapshotInput, 'previous'>,
): Promise<BuiltSnapshot> {
  if (input.records.length === 0 && (input.samples ?? []).length === 0) {
    throw new SnapshotError(
      'A dataset needs training records, and there are none. Run `reranker mine` first.',
    );
  }
  const [newest] = await listSnapshots(dataDir);
  const previous = new Map(newest ? await readRows<[string, Split]>(newest, 'splits.jsonl') : []);
  const content = composeSnapshot({ ...input, previous });
  const files = new Map([
    ['records.jsonl', jsonLines(content.train)],
    ['corpus.jsonl', jsonLines(content.corpus)],
    ['evaluation.jsonl', jsonLines(content.evaluation)],
    ['splits.jsonl', jsonLines([...content.splits].sort(([a], [b]) => (a < b ? -1 : 1)))],
  ]);
  const hashes = Object.fromEntries([...files].map(([name, text]) => [name, sha256(text)]));
  const hash = sha256(JSON.stringify(hashes)).slice(0, 16);
  const path = join(folderOf(dataDir), hash);
  const existing = await readManifest(path).catch(() => null);
  if (existing) return { path, manifest: existing, reused: true };
  const count = (split: Split) => content.evaluation.filter((one) => one.split === split).length;
  const manifest: SnapshotManifest = {
    version: 1,
    hash,
    created: new Date().toISOString(),
    counts: {
      train: content.train.length,
      dev: count('dev'),
      test: count('test'),
      corpus: content.corpus.length,
    },
    sources: countBy(input.records, (record) => record.source),
    dropped: content.dropped,
    files: hashes,
  };
  try {
    await writeFolderAtomically(
      path,
      new Map([...files, [MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`]]),
    );
  } catch (error) {
    // Another process may have written the same content meanwhile.
    const theirs = await readManifest(path).catch(() => null);
    if (theirs) return { path, manifest: theirs, reused: true };
    throw error;
  }
  return { path, manifest, reused: false };
}

/** Reads a dataset and checks every file against its hash. @throws {SnapshotError} if one is damaged. */
export async function readSnapshot(path: string): Promise<Snapshot> {
  const manifest = await readManifest(path);
  const found = { path, manifest };
  return {
    path,
    manifest,
    train: await readRows<TrainingRecord>(found, 'records.jsonl'),
    corpus: await readRows<CorpusDocument>(found, 'corpus.jsonl'),
    evaluation: await readRows<EvaluationSample>(found, 'evaluation.jsonl'),
  };
}

/** Rows need no validation: they were validated when written, and the hash proves that they did not change. */
async function readRows<Row>(
  { path, manifest }: { readonly path: string; readonly manifest: SnapshotManifest },
  name: string,
): Promise<Row[]> {
  const text = await readFile(join(path, name), 'utf8').catch(() => {
    throw new SnapshotError(`${path}: ${name} is missing. ${WAY_OUT}`);
  });
  if (sha256(text) !== manifest.files[name]) {
    throw new SnapshotError(`${path}: ${name} does not match the manifest. ${WAY_OUT}`);
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** All datasets, the newest first. */
export async function listSnapshots(
  dataDir: string,
): Promise<{ path: string; manifest: SnapshotManifest }[]> {
  const names = await readdir(folderOf(dataDir)).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^[0-9a-f]{16}$/.test(name))
      .map(async (name) => {
        const path = join(folderOf(dataDir), name);
        const manifest = await readManifest(path).catch(() => null);
        return manifest && { path, manifest };
      }),
  );
  return found
    .filter((one) => one !== null)
    .sort((a, b) => (a.manifest.created < b.manifest.created ? 1 : -1));
}

/** The dataset whose hash starts with `prefix`; the newest without a prefix. @throws {SnapshotError} */
export async function findSnapshot(
  dataDir: string,
  prefix?: string,
): Promise<{ path: string; manifest: SnapshotManifest }> {
  const all = await listSnapshots(dataDir);
  const matching = all.filter(({ manifest }) => manifest.hash.startsWith(prefix ?? ''));
  const [first, second] = matching;
  if (!first) {
    throw new SnapshotError(
      prefix === undefined
        ? `There is no dataset in ${dataDir}. Run \`reranker dataset build\` to build one from the mined records.`
        : `There is no dataset ${prefix}. Choose one of: ${all.map((one) => one.manifest.hash).join(', ') || 'none'}.`,
      'not-found',
    );
  }
  if (prefix !== undefined && second) {
    throw new SnapshotError(
      `${prefix} is the start of several datasets' hashes. Write more characters of the hash.`,
    );
  }
  return first;
}

async function readManifest(path: string): Promise<SnapshotManifest> {
  const file = join(path, MANIFEST);
  if (!(await stat(file).catch(() => null)))
    throw new SnapshotError(`${path} is not a dataset: it has no ${MANIFEST}.`);
  const parsed = snapshotManifestSchema.safeParse(await readJson(file));
  if (parsed.success) return parsed.data;
  throw new SnapshotError(`${file}: ${z.prettifyError(parsed.error)}`);
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SnapshotError(`${file} is not JSON (${(error as Error).message}). ${WAY_OUT}`);
  }
}

function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function countBy<Row>(rows: readonly Row[], key: (row: Row) => string): Record<string, number> {
  // A Map, since a key may be the name of a property of every object, such as constructor.
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return Object.fromEntries(counts);
}
