/** Jina's rerank API: Cohere's version 1, with the documents in the response unless the request says otherwise. */
import { cohereV1Format } from './cohere-v1.js';
import { defineDialect } from './dialect.js';

export const jina = defineDialect({
  name: 'jina',
  vendors: ['Jina'],
  summary: "Rerank in Jina's format",
  paths: ['/jina/v1/rerank'],
  ...cohereV1Format({ echoes: true }),
});
