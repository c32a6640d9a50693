/** The versions that made a model. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function versions(): Record<string, string> {
  const versionOf = (name: string): string =>
    (require(`${name}/package.json`) as { version: string }).version;
  return {
    'learning-reranker': (require('../../package.json') as { version: string }).version,
    'onnxruntime-node': versionOf('onnxruntime-node'),
    node: process.versions.node,
  };
}
