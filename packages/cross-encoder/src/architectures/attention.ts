/** Scaled dot-product attention over packed tokens (Vaswani et al. 2017, arXiv:1706.03762). */
import {
  add,
  batchedMatmul,
  type Dimension,
  dropoutMask,
  gatherFromGroups,
  multiply,
  product,
  type RowGroups,
  reduceSum,
  reshape,
  scatterToGroups,
  softmax,
  subtract,
  type Tensor,
  withGradient,
} from '@learning-reranker/onnx-autodiff';
import type { AttentionGroups } from '../batching/packed-inputs.js';

export interface AttentionOptions {
  readonly heads: number;
  /** Of the attention probabilities; 0 outside training. */
  readonly dropout: number;
}

/**
 * Attention of `query`, `key` and `value` [tokens, hidden] within each sequence: [tokens, hidden].
 *
 * `query` may have only the first tokens, [sequences, hidden]: a classifier reads no other rows of its
 * last layer.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  groups: AttentionGroups,
  { heads, dropout }: AttentionOptions,
): Tensor {
  const [queryRows, hidden] = query.shape as readonly [Dimension, number];
  const queryGroups = queryRows === key.shape[0] ? groups.all : groups.first;
  const headSize = hidden / heads;
  const byHead = (x: Tensor, rows: RowGroups) =>
    scatterToGroups(reshape(x, [product([x.shape[0] as Dimension, heads]), headSize]), rows);
  const queries = byHead(query, queryGroups);
  const keys = byHead(key, groups.all);
  const values = byHead(value, groups.all);
  const contexts = queries.map((groupQueries, group) =>
    groupAttention(
      groupQueries,
      keys[group] as Tensor,
      values[group] as Tensor,
      groups.masks?.[group] ?? null,
      dropout,
    ),
  );
  return reshape(gatherFromGroups(contexts, queryGroups), [queryRows, hidden]);
}

/**
 * softmax(q·kᵀ / sqrt(head size) + mask)·v for one group, all [heads of sequences, length, head size].
 *
 * The gradient towards the scores is P * (dP - delta). That delta, the row sums of P * dP, equals the
 * row sums of (output * its gradient) (Dao et al. 2022, arXiv:2205.14135), dropout included: two passes
 * over the [length, length] matrices less than softmax's own rule.
 */
function groupAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | null,
  dropoutProbability: number,
): Tensor {
  const scale = 1 / Math.sqrt(q.shape[2] as number);
  const scores = batchedMatmul(q, k, { transposeB: true, scale });
  const probabilities = softmax(mask ? add(scores, mask) : scores);
  const dropped = dropoutProbability > 0 ? dropoutMask(probabilities, dropoutProbability) : null;
  const kept = dropped ? multiply(probabilities, dropped) : probabilities;
  const context = batchedMatmul(kept, v);

  const [result] = withGradient('attention', [q, k, v], [context], ([gradient]) => {
    const contextGradient = gradient as Tensor;
    const keptGradient = batchedMatmul(contextGradient, v, { transposeB: true });
    const delta = reduceSum(multiply(context, contextGradient), [2], true);
    const probabilityGradient = dropped ? multiply(keptGradient, dropped) : keptGradient;
    const scoreGradient = multiply(probabilities, subtract(probabilityGradient, delta));
    return [
      batchedMatmul(scoreGradient, k, { scale }),
      batchedMatmul(scoreGradient, q, { transposeA: true, scale }),
      batchedMatmul(kept, contextGradient, { transposeA: true }),
    ];
  });
  return result as Tensor;
}
