/** Packs the tokens of a batch end to end and computes the indices by which attention finds its sequences. */
import type { Value } from '@learning-reranker/onnx-autodiff';
import type { AttentionLayout } from './packed-inputs.js';

/** The tokens of one (query, document) pair. */
export interface TokenSequence {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Uint8Array;
}

export interface PackOptions {
  readonly heads: number;
  /** Fixed by the graph. With `single` there may be at most `groups - 1` sequences. */
  readonly attention: AttentionLayout;
  readonly padTokenId: number;
}

export interface PackedBatch {
  readonly feeds: Map<string, Value>;
  /** Tokens of real sequences. */
  readonly tokens: number;
}

/** Added to the score of a padded key: its exponential is exactly 0 in float32. */
const MASKED = -10_000;

/**
 * Packs sequences. null is an empty place, whose logits are not used.
 *
 * Empty places become fillers of one token. More fillers are added until every group has a sequence, and at
 * least one: padding points to its row, whose gradient is zero.
 */
export function packSequences(
  sequences: readonly (TokenSequence | null)[],
  { heads, attention, padTokenId }: PackOptions,
): PackedBatch {
  const filler: TokenSequence = {
    inputIds: Int32Array.of(padTokenId),
    tokenTypeIds: Uint8Array.of(0),
  };
  const packed = sequences.map((sequence) => sequence ?? filler);
  const count = packed.length;
  do packed.push(filler);
  while (packed.length < attention.groups);

  const starts: number[] = [];
  let tokens = 0;
  for (const { inputIds } of packed) {
    starts.push(tokens);
    tokens += inputIds.length;
  }
  const inputIds = new Int32Array(tokens);
  const positionIds = new Int32Array(tokens);
  const tokenTypeIds = new Int32Array(tokens);
  packed.forEach((sequence, index) => {
    const start = starts[index] as number;
    inputIds.set(sequence.inputIds, start);
    tokenTypeIds.set(sequence.tokenTypeIds, start);
    for (let position = 0; position < sequence.inputIds.length; position++) {
      positionIds[start + position] = position;
    }
  });

  const lengths = packed.map((sequence) => sequence.inputIds.length);
  const everySequence = packed.map((_, index) => index);
  const feeds = new Map<string, Value>([
    ['input_ids', vector(inputIds)],
    ['position_ids', vector(positionIds)],
    ['token_type_ids', vector(tokenTypeIds)],
    ...selection('first_tokens', starts, tokens),
    ...selection('sequences', everySequence.slice(0, count), packed.length),
    ...attentionFeeds({ lengths, starts, tokens, heads, attention }),
  ]);
  const real = sequences.reduce((sum, sequence) => sum + (sequence?.inputIds.length ?? 0), 0);
  return { feeds, tokens: real };
}

/** The feeds of a `RowSelection` of some of `of` rows. */
function selection(name: string, rows: readonly number[], of: number): [string, Value][] {
  const places = new Int32Array(of).fill(rows.length);
  rows.forEach((row, place) => {
    places[row] = place;
  });
  return [
    [name, vector(Int32Array.from(rows))],
    [`${name}_places`, vector(places)],
  ];
}

interface PackedSequences {
  readonly lengths: readonly number[];
  /** The first row of each sequence; the last sequence is a filler. */
  readonly starts: readonly number[];
  readonly tokens: number;
  readonly heads: number;
  readonly attention: AttentionLayout;
}

function attentionFeeds(sequences: PackedSequences): [string, Value][] {
  const { lengths, starts, tokens, heads, attention } = sequences;
  const feeds: [string, Value][] = [];
  const inverse = new Int32Array(tokens * heads);
  const firstInverse = new Int32Array(lengths.length * heads);
  const fillerRow = (starts.at(-1) as number) * heads;
  let place = 0;
  let firstPlace = 0;
  groupByLength(lengths, attention.groups).forEach((members, group) => {
    const length = Math.max(...members.map((member) => lengths[member] as number));
    const count = members.length * heads;
    const rows = new Int32Array(count * length);
    const firstRows = new Int32Array(count);
    const mask = new Float32Array(count * length);
    let at = 0;
    let firstAt = 0;
    for (const member of members) {
      const start = starts[member] as number;
      const own = lengths[member] as number;
      for (let head = 0; head < heads; head++) {
        const firstRow = member * heads + head;
        firstRows[firstAt++] = firstRow;
        firstInverse[firstRow] = firstPlace++;
        for (let position = 0; position < length; position++, at++, place++) {
          if (position < own) {
            const row = (start + position) * heads + head;
            rows[at] = row;
            inverse[row] = place;
          } else {
            rows[at] = fillerRow + head;
            mask[at] = MASKED;
          }
        }
      }
    }
    feeds.push([`attention_rows_${group}`, { data: rows, shape: [count, length] }]);
    feeds.push([`attention_first_rows_${group}`, { data: firstRows, shape: [count, 1] }]);
    if (!attention.single) {
      feeds.push([`attention_mask_${group}`, { data: mask, shape: [count, 1, length] }]);
    }
  });
  feeds.push(['attention_places', vector(inverse)]);
  feeds.push(['attention_first_places', vector(firstInverse)]);
  return feeds;
}

/** Groups sequences by length, in groups of equal size, so that there is little padding. */
function groupByLength(lengths: readonly number[], groups: number): number[][] {
  const order = lengths
    .map((_, index) => index)
    .sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  return Array.from({ length: groups }, (_, group) =>
    order.slice(
      Math.floor((order.length * group) / groups),
      Math.floor((order.length * (group + 1)) / groups),
    ),
  );
}

function vector(data: Int32Array): Value {
  return { data, shape: [data.length] };
}
