/** The versions that made a model. */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function versions(): Record<string, string> {
  return {
    'learning-reranker': versionOf('../../package.json', require),
    'onnxruntime-node': versionOf('onnxruntime-node/package.json', runtimeRequire()),
    node: process.versions.node,
  };
}

/** ONNX Runtime is a dependency of a dependency: asked for from there, wherever npm put it. */
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
