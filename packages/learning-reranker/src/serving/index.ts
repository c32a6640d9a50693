/** Reranking as it is served. */
export {
  type RerankedDocument,
  type RerankRequest,
  rerank,
  type SearchedDocument,
} from './rerank.js';
