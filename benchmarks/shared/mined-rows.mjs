/** Provides real rows, mined from the packages that this repository installs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './record.mjs';

/** Training records mined from the installed packages, and their corpus. */
export async function minedRecords(negatives) {
  const { mineCode, recordsOfPairs } = await import('learning-reranker/internals');
  const packages = [
    'typescript/lib',
    '@types/node',
    'zod',
    'commander',
    'vite',
    'vitest',
    'fast-check',
  ];
  const { pairs, corpus } = await mineCode(
    packages.map((name) => join(root, 'node_modules', name)).filter(existsSync),
  );
  const options = { source: 'code', positiveReason: 'documents it', ...negatives };
  const records = [...recordsOfPairs(pairs, corpus, options)];
  return {
    records,
    corpus: corpus.map(({ id, text, doc_path_rel, repo_slug }) => ({
      id,
      text,
      doc_path_rel,
      repo_slug,
    })),
  };
}

/** Labeled (query, document) rows, shuffled with a seed. */
export async function minedRows(count) {
  const { SeededRandom } = await import('@learning-reranker/cross-encoder');
  const { records } = await minedRecords({ numNegatives: 1, numRandomNegatives: 1 });
  const rows = records.flatMap(({ query, positive, negatives }) =>
    [positive, ...negatives].map(({ text }, index) => ({
      query,
      document: text,
      documents: [text],
      label: index === 0 ? 1 : 0,
      labels: [index === 0 ? 1 : 0],
    })),
  );
  return new SeededRandom(7).shuffle(rows).slice(0, count);
}
