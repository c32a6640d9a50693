/** Mines source code: the documentation of a declaration asks, the declaration without it answers. */
import { normalizeQuery } from '../../records/clean-text.js';
import type { CorpusDocument } from '../../records/training-record.js';
import { distinctDocuments } from '../corpus.js';
import { containersOf, declarationText } from '../declaration-text.js';
import { type DropReason, queryOfDocumentation } from '../documentation-query.js';
import { type LanguageRules, languageOfFile } from '../languages/index.js';
import { lineNumbers } from '../line-numbers.js';
import { readSource } from '../read-source.js';
import {
  listSourceFiles,
  type SkipReason,
  type SourceFile,
  withUnreadable,
} from '../source-files.js';
import { type Declaration, findDeclarations, type SourceRange } from '../syntax.js';

/** A question and the document that answers it. */
export interface MinedPair {
  readonly query: string;
  readonly document: CorpusDocument;
  /** Name of the programming language, e.g. `python`. */
  readonly language: string;
}

/** A document of the mined corpus. One without a query is there to be found wrongly. */
export interface MinedDocument extends CorpusDocument {
  readonly hasQuery: boolean;
}

/** All that {@link mineCode} found, in a fixed order: by repository, path and place in the file. */
export interface MinedCode {
  readonly pairs: readonly MinedPair[];
  readonly corpus: readonly MinedDocument[];
  /** Comments that gave no pair, by reason. */
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  /** Files read. */
  readonly files: number;
  /** Files and folders passed over, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
}

/** What records of mined code say of themselves. */
export const CODE_RECORDS = {
  source: 'code',
  positiveReason: 'the code that this documentation comment documents',
} as const;

/** Where mining stands. */
export interface MiningProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly pairs: number;
}

/** Options of {@link mineCode}. */
export interface CodeMiningOptions {
  /** Longest document in UTF-16 code units; longer ones are cut at a line. Default 2000. */
  readonly maximumDocumentLength?: number;
  /** Files above this size are passed over. Default 1 MiB. */
  readonly maximumFileBytes?: number;
  /** A query that documents more declarations than this is boilerplate. Default 3. */
  readonly maximumRepeats?: number;
  readonly onProgress?: (progress: MiningProgress) => void;
  /** Stops mining; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Shorter declarations say nothing that could be searched for. */
const SHORTEST_DOCUMENT = 12;

/**
 * Mines the code below `roots`, folders or files. Each document appears once; where several
 * declarations have the same text, their queries share it.
 * @throws {SourceFolderError} when a root does not exist. @throws {GrammarError} when a grammar does not load.
 */
export async function mineCode(
  roots: readonly string[],
  options: CodeMiningOptions = {},
): Promise<MinedCode> {
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
    const inFile = await mineFile(file, language, options);
    if (inFile === null) unreadable++;
    for (const found of inFile ?? []) {
      const document = { ...found.document, id: unusedId(found.document.id, found.name, ids) };
      documents.push(document);
      if (found.query === undefined) continue;
      if ('drop' in found.query) drop(found.query.drop);
      else pairs.push({ query: found.query.query, document, language: language.name });
    }
    options.onProgress?.({ filesDone: index + 1, filesTotal: files.length, pairs: pairs.length });
  }

  const distinct = distinctDocuments(documents);
  const shared = sharePairs(pairs, distinct);
  const telling = withoutBoilerplate(shared, options.maximumRepeats ?? 3);
  const dropped = shared.length - telling.length;
  if (dropped > 0) drop('repeated on many declarations', dropped);
  const answering = new Set(telling.map(({ document }) => document.id));
  return {
    pairs: telling,
    corpus: distinct.documents.map((document) => ({
      ...document,
      hasQuery: answering.has(document.id),
    })),
    drops,
    files: files.length - unreadable,
    skipped: withUnreadable(skipped, unreadable),
  };
}

interface FoundDocument {
  readonly name: string;
  readonly document: CorpusDocument;
  /** Undefined where the declaration has no documentation. */
  readonly query: ReturnType<typeof queryOfDocumentation> | undefined;
}

async function mineFile(
  file: SourceFile,
  language: LanguageRules,
  options: CodeMiningOptions,
): Promise<FoundDocument[] | null> {
  const source = await readSource(file.path);
  if (source === null) return null;
  const declarations = await findDeclarations(source, language);
  const documented = declarations.flatMap(({ documentation }) => documentation ?? []);
  documented.sort((a, b) => a.start - b.start);
  const containers = containersOf(declarations);
  const lineOf = lineNumbers(source);
  return declarations.flatMap((declaration, index) => {
    // Fields and the like are too many and too small to stand in the corpus without a query.
    if (declaration.isMember && !declaration.documentation) return [];
    const text = declarationText(
      source,
      declaration,
      documented,
      containers[index],
      options.maximumDocumentLength ?? 2000,
    );
    if (text.length < SHORTEST_DOCUMENT) return [];
    const { doc_path_rel, repo_slug } = file;
    const lines = `${lineOf(declaration.start)}-${lineOf(declaration.end)}`;
    const id = `${repo_slug}/${doc_path_rel}:${lines}`;
    const query = queryOf(source, declaration.documentation, declaration);
    return [{ name: declaration.name, document: { id, text, doc_path_rel, repo_slug }, query }];
  });
}

function queryOf(source: string, documentation: SourceRange | undefined, { name }: Declaration) {
  if (!documentation) return undefined;
  return queryOfDocumentation(source.slice(documentation.start, documentation.end), name);
}

/** Several declarations may stand on one line: the second is told apart by its name. */
function unusedId(id: string, name: string, used: Set<string>): string {
  let free = id;
  for (let count = 1; used.has(free); count++) free = `${id}#${name}${count > 1 ? count : ''}`;
  used.add(free);
  return free;
}

/** Points each pair at the document that stands for its text, and drops pairs said twice. */
function sharePairs(
  pairs: readonly MinedPair[],
  distinct: ReturnType<typeof distinctDocuments<CorpusDocument>>,
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

/** A sentence that documents many declarations tells none of them from the others. */
function withoutBoilerplate(pairs: readonly MinedPair[], maximumRepeats: number): MinedPair[] {
  const counts = new Map<string, number>();
  for (const { query } of pairs) {
    const key = normalizeQuery(query);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return pairs.filter(({ query }) => (counts.get(normalizeQuery(query)) ?? 0) <= maximumRepeats);
}
