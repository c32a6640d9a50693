/** The versions of the software that trains a model; recorded in its manifest. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function versions(): Record<string, string> {
  return {
    'learning-reranker': versionOf('../../package.json', require),
    'onnxruntime-node': versionOf('onnxruntime-node/package.json', runtimeRequire()),
    node: process.versions.node,
  };
}

/** Resolves from the package that depends on ONNX Runtime, wherever npm installed it. */
function runtimeRequire(): NodeJS.Require {
  try {
    const crossEncoder = createRequire(require.resolve('@learning-reranker/cross-encoder'));
    return createRequire(crossEncoder.resolve('@learning-reranker/onnx-autodiff'));
  } catch {
    return require;
  }
}

function versionOf(manifest: string, from: NodeJS.Require): string {
  try {
    return (from(manifest) as { version: string }).version;
  } catch {
    return 'unknown';
  }
}
