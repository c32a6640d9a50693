/** All ops, by file. */
export * from './activation.js';
export * from './broadcast.js';
export * from './dropout.js';
export * from './elementwise.js';
export * from './index-rows.js';
export * from './matmul.js';
export * from './normalization.js';
export * from './quantization.js';
export * from './reduce.js';
export * from './shape.js';
