/** All rerank dialects, in the order of `/docs`. */
import { cohereV1 } from './cohere-v1.js';
import { cohereV2 } from './cohere-v2.js';
import type { Dialect } from './dialect.js';
import { jina } from './jina.js';
import { learningReranker } from './learning-reranker.js';
import { smokeTest } from './smoke-test.js';
import { tei } from './tei.js';
import { voyage } from './voyage.js';

export type { Dialect } from './dialect.js';

export const dialects: readonly Dialect[] = [
  learningReranker,
  cohereV2,
  cohereV1,
  jina,
  voyage,
  tei,
  smokeTest,
];
