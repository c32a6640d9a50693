import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string, file = 'index') =>
  fileURLToPath(new URL(`./packages/${name}/src/${file}.ts`, import.meta.url));

/** Tests read the sources, so that a stack trace names the line that was written. */
const alias = {
  '@learning-reranker/onnx-autodiff/errors': source('onnx-autodiff', 'typed-error'),
  '@learning-reranker/onnx-autodiff/graph': source('onnx-autodiff', 'graph'),
  '@learning-reranker/cross-encoder/descriptions': source('cross-encoder', 'descriptions'),
  '@learning-reranker/cross-encoder/errors': source('cross-encoder', 'errors'),
  '@learning-reranker/onnx-autodiff': source('onnx-autodiff'),
  '@learning-reranker/cross-encoder': source('cross-encoder'),
};

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/*.sbert.test.ts'],
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'slow',
          include: ['packages/*/test/**/*.slow.test.ts', 'test/**/*.slow.test.ts'],
          pool: 'forks',
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'sbert',
          include: ['packages/*/test/**/*.sbert.test.ts'],
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
