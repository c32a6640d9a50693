/** The inputs of a graph that works on packed tokens: symbolic here, filled by `packSequences`. */
import { input, product, type RowGroups, type Tensor } from '@learning-reranker/onnx-autodiff';

/**
 * The tokens of all sequences lie end to end, without padding. Only attention needs sequences side by
 * side: there, sequences of similar length form groups, each padded to its own longest sequence.
 */
export interface PackedInputs {
  /** int32 [tokens] */
  readonly inputIds: Tensor;
  /** int32 [tokens] */
  readonly positionIds: Tensor;
  /** int32 [tokens] */
  readonly tokenTypeIds: Tensor;
  /** The row of each sequence's first token, fillers included. */
  readonly firstTokens: RowSelection;
  /** The sequences whose logits are wanted, in that order. */
  readonly sequences: RowSelection;
  readonly attention: AttentionGroups;
}

/** Rows of a matrix, and for each row of it its place in the selection (or one past the last). */
export interface RowSelection {
  readonly index: Tensor;
  readonly places: Tensor;
}

/**
 * How attention reads the rows of a [tokens * heads, head size] matrix: in group g, entry
 * [head of a sequence, position] of an index is row `token * heads + head`.
 */
export interface AttentionGroups {
  readonly all: RowGroups;
  /** The same for a [sequences * heads, head size] matrix of first tokens: entries [head of a sequence, 1]. */
  readonly first: RowGroups;
  /**
   * Added to the scores of each group: 0, or a large negative number on padding; float32
   * [heads of sequences, 1, length]. Absent if every group is one sequence, which needs no padding.
   */
  readonly masks: readonly Tensor[] | null;
}

/** The layout of attention, fixed when a graph is built. */
export interface AttentionLayout {
  readonly groups: number;
  /** Every group is one sequence: nothing is padded or masked. */
  readonly single: boolean;
}

/** Declares the inputs for a model with `heads` attention heads. */
export function packedInputs(heads: number, { groups, single }: AttentionLayout): PackedInputs {
  const numbers = Array.from({ length: groups }, (_, group) => group);
  const selection = (name: string, selected: string, of: string): RowSelection => ({
    index: input(name, 'int32', [selected]),
    places: input(`${name}_places`, 'int32', [of]),
  });
  return {
    inputIds: input('input_ids', 'int32', ['tokens']),
    positionIds: input('position_ids', 'int32', ['tokens']),
    tokenTypeIds: input('token_type_ids', 'int32', ['tokens']),
    firstTokens: selection('first_tokens', 'packed_sequences', 'tokens'),
    sequences: selection('sequences', 'sequences', 'packed_sequences'),
    attention: {
      all: {
        indices: numbers.map((group) =>
          input(`attention_rows_${group}`, 'int32', [`heads_${group}`, `length_${group}`]),
        ),
        inverse: input('attention_places', 'int32', [product(['tokens', heads])]),
      },
      first: {
        indices: numbers.map((group) =>
          input(`attention_first_rows_${group}`, 'int32', [`heads_${group}`, 1]),
        ),
        inverse: input('attention_first_places', 'int32', [product(['packed_sequences', heads])]),
      },
      masks: single
        ? null
        : numbers.map((group) =>
            input(`attention_mask_${group}`, 'float32', [`heads_${group}`, 1, `length_${group}`]),
          ),
    },
  };
}
