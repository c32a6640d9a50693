/** Mines source code: the documentation of a declaration is the query, the declaration is the relevant document. */
import { z } from 'zod';
import { normalizeQuery } from '../../records/clean-text.js';
import type { CorpusDocument } from '../../records/training-record.js';
import { type DistinctDocuments, distinctDocuments } from '../corpus.js';
import { containersOf, declarationText } from '../declaration-text.js';
import { type DropReason, queryOfDocumentation } from '../documentation-query.js';
import { type LanguageRules, languageOfFile } from '../languages/index.js';
import { collectRecords, type RelevantPair } from '../negatives.js';
import { documentIds, readSource } from '../read-source.js';
import { listSourceFiles, type SourceFile } from '../source-files.js';
import { findDeclarations } from '../syntax.js';
import { defineSource, foldersSchema, type MiningTools, storing } from './source.js';

/** The share of the progress that reading files takes. The search for negatives takes the rest. */
const READING = 0.6;

const count = z.int().min(0).optional();

export const code = defineSource({
  schema: z.strictObject({
    source: z
      .literal('code')
      .describe('documentation comments as queries, the code they document as relevant documents'),
    folders: foldersSchema,
    num_negatives: count.describe('hard negatives by BM25 for each record; the default is 3'),
    num_random_negatives: count.describe('random negatives for each record; the default is 1'),
    seed: count.describe('seed that chooses the random negatives'),
    show: z.int().min(0).max(100).optional().describe('records to return as examples'),
    ...storing,
  }),
  paths: ({ folders }) => ({ folders }),
  async mine({ folders, num_negatives, num_random_negatives, seed, show = 0 }, { signal, emit }) {
    const { pairs, corpus, drops, skipped } = await mineCode(folders, {
      signal,
      onProgress: filesRead(emit, READING),
    });
    const records = await collectRecords(pairs, corpus, {
      source: 'code',
      positiveReason: 'the code that this documentation comment documents',
      numNegatives: num_negatives,
      numRandomNegatives: num_random_negatives,
      seed,
      signal,
      onProgress: (done) =>
        emit({
          share: READING + ((1 - READING) * done) / pairs.length,
          message: `negatives for ${done} of ${pairs.length} records`,
        }),
    });
    return {
      kind: 'code',
      data: { records, corpus },
      report: { dropped: drops, skipped, ...(show > 0 && { examples: records.slice(0, show) }) },
    };
  },
});

/** Reports files that were read as progress, up to the share `part`. */
export function filesRead(emit: MiningTools['emit'], part: number) {
  return ({ filesDone, filesTotal }: MiningProgress) =>
    emit({
      share: (part * filesDone) / Math.max(1, filesTotal),
      message: `${filesDone} of ${filesTotal} files`,
    });
}

interface MinedPair extends RelevantPair {
  /** Name of the programming language, e.g. `python`. */
  readonly language: string;
}

/** The result of {@link mineCode}, in order of repository, path and place in the file. */
export type MinedCode = Awaited<ReturnType<typeof mineCode>>;

/** How far mining is. */
export interface MiningProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
}

/** Options of {@link mineCode}. */
export interface CodeMiningOptions {
  /** Larger files are skipped. Default 1 MiB. */
  readonly maximumFileBytes?: number;
  /** A query that documents more declarations than this is dropped as boilerplate. Default 3. */
  readonly maximumRepeats?: number;
  readonly onProgress?: (progress: MiningProgress) => void;
  /** Stops mining. The promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** UTF-16 code units of a document at most. A longer one is cut at a line. */
const LONGEST_DOCUMENT = 2000;
/** A shorter declaration has nothing to search for. */
const SHORTEST_DOCUMENT = 12;

/**
 * Mines the code in `roots`, which are folders or files. Each document appears once: declarations
 * with the same text share one document.
 * @throws {SourceFolderError} when a root does not exist. @throws {GrammarError} when a grammar does not load.
 */
export async function mineCode(roots: readonly string[], options: CodeMiningOptions = {}) {
  const { files, skipped } = await listSourceFiles(roots, {
    accepts: (path) => languageOfFile(path) !== undefined,
    ...(options.maximumFileBytes !== undefined && { maximumBytes: options.maximumFileBytes }),
  });
  const drops: Partial<Record<DropReason, number>> = {};
  const drop = (reason: DropReason, times = 1) => {
    drops[reason] = (drops[reason] ?? 0) + times;
  };
  const pairs: MinedPair[] = [];
  const documents: CorpusDocument[] = [];
  const ids = new Set<string>();
  let unreadable = 0;
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    const language = languageOfFile(file.path);
    if (!language) continue;
    const inFile = await mineFile(file, language);
    if (inFile === null) unreadable++;
    for (const found of inFile ?? []) {
      const document = { ...found.document, id: unusedId(found.document.id, found.name, ids) };
      documents.push(document);
      if (found.query === undefined) continue;
      if ('drop' in found.query) drop(found.query.drop);
      else pairs.push({ query: found.query.query, document, language: language.name });
    }
    options.onProgress?.({ filesDone: index + 1, filesTotal: files.length });
  }

  const distinct = distinctDocuments(documents);
  const shared = sharePairs(pairs, distinct);
  const specific = withoutBoilerplate(shared, options.maximumRepeats ?? 3);
  const dropped = shared.length - specific.length;
  if (dropped > 0) drop('repeated on many declarations', dropped);
  const withQuery = new Set(specific.map(({ document }) => document.id));
  return {
    pairs: specific,
    corpus: distinct.documents.map((document) => ({
      ...document,
      /** A document without a query can only become a negative. */
      hasQuery: withQuery.has(document.id),
    })),
    /** How many comments gave no pair, by reason. */
    drops,
    /** The number of files that were read. */
    files: files.length - unreadable,
    /** How many files and folders were skipped, by reason. */
    skipped:
      unreadable > 0 ? { ...skipped, unreadable: (skipped.unreadable ?? 0) + unreadable } : skipped,
  };
}

/** The declarations of a file as documents, with the query in their documentation. Null if it cannot be read. */
async function mineFile(file: SourceFile, language: LanguageRules) {
  const source = await readSource(file.path);
  if (source === null) return null;
  const declarations = await findDeclarations(source, language);
  const documented = declarations.flatMap(({ documentation }) => documentation ?? []);
  documented.sort((a, b) => a.start - b.start);
  const containers = containersOf(declarations);
  const idOf = documentIds(file, source);
  return declarations.flatMap((declaration, index) => {
    // Fields and similar members are too many and too small for the corpus, unless they have a query.
    if (declaration.isMember && !declaration.documentation) return [];
    const container = containers[index];
    const text = declarationText(source, declaration, documented, container, LONGEST_DOCUMENT);
    if (text.length < SHORTEST_DOCUMENT) return [];
    const { doc_path_rel, repo_slug } = file;
    const { name, documentation } = declaration;
    const query =
      documentation &&
      queryOfDocumentation(source.slice(documentation.start, documentation.end), name);
    const document = { id: idOf(declaration), text, doc_path_rel, repo_slug };
    return [{ name, document, query }];
  });
}

/** Two declarations may be on one line. The second one gets its name into its id. */
function unusedId(id: string, name: string, used: Set<string>): string {
  let free = id;
  for (let count = 1; used.has(free); count++) free = `${id}#${name}${count > 1 ? count : ''}`;
  used.add(free);
  return free;
}

/** Gives each pair the document that is kept for its text, and drops repeated pairs. */
function sharePairs(
  pairs: readonly MinedPair[],
  distinct: DistinctDocuments<CorpusDocument>,
): MinedPair[] {
  const byId = new Map(distinct.documents.map((document) => [document.id, document]));
  const seen = new Set<string>();
  return pairs.flatMap((pair) => {
    const id = distinct.standsFor.get(pair.document.id) ?? pair.document.id;
    const key = `${id}\n${normalizeQuery(pair.query)}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...pair, document: byId.get(id) ?? pair.document }];
  });
}

/** A sentence that documents many declarations does not distinguish them. */
function withoutBoilerplate(pairs: readonly MinedPair[], maximumRepeats: number): MinedPair[] {
  const counts = new Map<string, number>();
  for (const { query } of pairs) {
    const key = normalizeQuery(query);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return pairs.filter(({ query }) => (counts.get(normalizeQuery(query)) ?? 0) <= maximumRepeats);
}
