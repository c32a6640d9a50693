/** Reads a collection in BEIR's layout as candidate lists: each query with the documents BM25 finds and their labels. */
import { candidateLists } from 'learning-reranker';
import { readBeir } from 'learning-reranker/internals';

/** BM25's first `depth` documents for up to `limit` queries of each split. */
export async function listsOfSplits(folder, splits, { limit, depth }) {
  const { queries, corpus, qrels } = await readBeir(folder);
  const textOf = new Map(queries.map(({ id, text }) => [id, text]));
  const documents = corpus.map(({ id, text }) => ({ id, text, doc_path_rel: id, repo_slug: '' }));
  return splits.map((split) => {
    const samples = new Map();
    for (const { queryId, documentId, grade } of qrels[split]) {
      const query = textOf.get(queryId);
      const relevant = { ...samples.get(query)?.relevant, [documentId]: grade };
      samples.set(query, { query, relevant });
    }
    return candidateLists([...samples.values()], documents, { limit, depth });
  });
}
