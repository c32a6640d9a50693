/** The reranker that learns from your users: what its command line and its service are made of. */
export * from './comparison/index.js';
export * from './config/index.js';
export * from './datasets/index.js';
export * from './operations/index.js';
export * from './registry/index.js';
