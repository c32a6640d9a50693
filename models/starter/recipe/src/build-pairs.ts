/** Makes the pairs and the corpus that the starter learns from out of unpacked packages. */
import { readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { SeededRandom } from '@learning-reranker/cross-encoder';
import { cleanText, cutText, listSourceFiles, mineCode, normalizeQuery, stableHash } from 'learning-reranker/internals';
import type { MinedText, PairKind, TextFile } from './mined-text.js';
import { asAsked } from './questions.js';
import { commentedStatements } from './sources/comments.js';
import { documentedExamples } from './sources/examples.js';
import { maskedDeclaration } from './sources/names.js';
import { explanations, sections } from './sources/prose.js';
import { namedTests } from './sources/tests.js';

/** Where a package of the list was unpacked. */
export interface UnpackedPackage {
  readonly name: string;
  readonly folders: readonly string[];
}

/** Pairs of each kind that one package may give, so that no large package prevails. */
const MOST_OF_PACKAGE: Readonly<Record<PairKind, number>> = {
  documentation: 420,
  comment: 160,
  example: 220,
  test: 110,
  name: 110,
  prose: 170,
};
/** Documents without a question that one package may add to the corpus. */
const MOST_DISTRACTORS = 250;
/** Characters of a document: most short, as a pass over many pairs affords; some longer. */
const CUTS = [240, 360, 360, 480, 700] as const;
const SEED = 1;

export async function buildPairs(
  packages: readonly UnpackedPackage[],
  folder: string,
): Promise<void> {
  const corpus = new Map<string, number>();
  const texts: { text: string; repo: string }[] = [];
  const documentOf = (text: string, repo: string): number => {
    const cut = cutText(cleanText(text), CUTS[stableHash(text) % CUTS.length] ?? 360);
    const key = cut.replace(/\s+/g, ' ');
    const known = corpus.get(key);
    if (known !== undefined) return known;
    corpus.set(key, texts.length);
    texts.push({ text: cut, repo });
    return texts.length - 1;
  };
  const random = new SeededRandom(SEED);
  const rows: string[] = [];
  const asked = new Map<string, number>();
  const counts: Record<string, number> = {};
  for (const one of packages) {
    const { mined, others } = await minePackage(one);
    const chosen = balanced(mined, random);
    for (const { query, text, kind, language } of chosen) {
      if (query.length > 220) continue;
      const key = normalizeQuery(query);
      const times = asked.get(key) ?? 0;
      if (times >= 2) continue;
      asked.set(key, times + 1);
      const document = documentOf(text, one.name);
      const question =
        kind === 'prose' && random.nextFloat() < 0.6 ? query : asAsked(query, language, random);
      rows.push(
        JSON.stringify({ query: cleanText(question), document, kind, language, repo: one.name }),
      );
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    for (const text of random.shuffle([...others]).slice(0, MOST_DISTRACTORS))
      documentOf(text, one.name);
    process.stderr.write(
      `${one.name} ${mined.length} -> ${chosen.length}; ${rows.length} ${texts.length}\n`,
    );
  }
  random.shuffle(rows);
  await writeFile(join(folder, 'pairs.jsonl'), `${rows.join('\n')}\n`);
  await writeFile(
    join(folder, 'corpus.jsonl'),
    `${texts.map((text) => JSON.stringify(text)).join('\n')}\n`,
  );
  process.stderr.write(`${JSON.stringify(counts)}\n`);
}

async function minePackage({ name, folders }: UnpackedPackage) {
  const mined: MinedText[] = [];
  const others: string[] = [];
  const code = await mineCode(folders, { maximumFileBytes: 600_000 });
  for (const { query, document, language } of code.pairs) {
    mined.push({ query, text: document.text, kind: 'documentation', language, repo_slug: name });
  }
  for (const { text, hasQuery, doc_path_rel } of code.corpus) {
    if (hasQuery) continue;
    const masked = maskedDeclaration(text, languageOf(doc_path_rel), name);
    if (masked) mined.push(masked);
    else if (text.length > 60) others.push(text);
  }
  for await (const file of textFiles(folders, name)) {
    if (file.language === 'english') mined.push(...sections(file, name));
    else {
      mined.push(...commentedStatements(file), ...documentedExamples(file));
      mined.push(...namedTests(file), ...explanations(file));
    }
  }
  return { mined, others };
}

async function* textFiles(folders: readonly string[], name: string): AsyncGenerator<TextFile> {
  const isText = (path: string) =>
    languageOf(path) !== 'english' || /\.(?:md|rst)$|\bMETADATA$/.test(path);
  const { files } = await listSourceFiles(folders, { accepts: isText, maximumBytes: 600_000 });
  for (const file of files) {
    const text = await readFile(file.path, 'utf8');
    yield { text, language: languageOf(file.doc_path_rel), repo_slug: name };
  }
}

function languageOf(path: string): string {
  const extension = extname(path);
  if (extension === '.py' || extension === '.pyi') return 'python';
  if (/^\.[cm]?tsx?$/.test(extension)) return 'typescript';
  return /^\.[cm]?jsx?$/.test(extension) ? 'javascript' : 'english';
}

function balanced(mined: readonly MinedText[], random: SeededRandom): MinedText[] {
  const chosen: MinedText[] = [];
  for (const [kind, most] of Object.entries(MOST_OF_PACKAGE)) {
    const ofKind = random.shuffle(mined.filter((text) => text.kind === kind));
    chosen.push(...ofKind.slice(0, most));
  }
  return chosen;
}
