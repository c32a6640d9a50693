/** Metrics with the names that the service gives them. */
import { lossDescriptions } from '@learning-reranker/cross-encoder';
import { dialects } from '../../src/api/dialects/index.js';
import { operationNames } from '../../src/operations/index.js';
import { Metrics } from '../../src/telemetry/metrics.js';

export const names = {
  dialects: dialects.map(({ name }) => name),
  operations: operationNames(),
  losses: lossDescriptions.map(({ name }) => name),
};

export function newMetrics({ emitMargins = true } = {}): Metrics {
  return new Metrics({ emitMargins, ...names });
}
