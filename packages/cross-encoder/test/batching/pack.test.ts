import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packSequences } from '../../src/batching/pack.js';

const lengths = fc.array(fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }), {
  maxLength: 12,
});
const heads = fc.integer({ min: 1, max: 3 });
const groups = fc.integer({ min: 1, max: 8 });

/** Sequences whose tokens are all different: 100 times the sequence plus the position. */
function pack(given: readonly (number | null)[], attentionHeads: number, attentionGroups: number) {
  const sequences = given.map((length, sequence) =>
    length === null
      ? null
      : {
          inputIds: Int32Array.from({ length }, (_, at) => 100 * (sequence + 1) + at),
          tokenTypeIds: Uint8Array.from({ length }, (_, at) => (at * 2 < length ? 0 : 1)),
        },
  );
  const packed = packSequences(sequences, {
    heads: attentionHeads,
    attention: { groups: attentionGroups, single: false },
    padTokenId: 7,
  });
  const numbers = (name: string) => [...(packed.feeds.get(name)?.data ?? [])].map(Number);
  return { packed, sequences, numbers };
}

test('every token is packed once, in order, with its position and type; an empty place is one token of padding', () => {
  fc.assert(
    fc.property(lengths, heads, groups, (given, attentionHeads, attentionGroups) => {
      const { packed, sequences, numbers } = pack(given, attentionHeads, attentionGroups);
      const fillers = Math.max(1, attentionGroups - given.length);
      const expected = [...sequences, ...new Array<null>(fillers).fill(null)];
      expect(numbers('input_ids')).toEqual(
        expected.flatMap((one) => (one ? [...one.inputIds] : [7])),
      );
      expect(numbers('token_type_ids')).toEqual(
        expected.flatMap((one) => (one ? [...one.tokenTypeIds] : [0])),
      );
      expect(numbers('position_ids')).toEqual(
        expected.flatMap((one) => (one ? [...one.inputIds.keys()] : [0])),
      );
      expect(packed.tokens).toBe(given.reduce<number>((sum, length) => sum + (length ?? 0), 0));
      // The first token of each, and the wanted sequences.
      expect(numbers('first_tokens').map((token) => numbers('input_ids')[token])).toEqual(
        expected.map((one) => one?.inputIds[0] ?? 7),
      );
      expect(numbers('sequences')).toEqual([...given.keys()]);
    }),
  );
});

test("a selection gives each row's place, and one past the end for rows that are not selected", () => {
  fc.assert(
    fc.property(lengths, groups, (given, attentionGroups) => {
      const { numbers } = pack(given, 1, attentionGroups);
      for (const [name, of] of [
        ['first_tokens', numbers('input_ids').length],
        ['sequences', numbers('first_tokens').length],
      ] as const) {
        const chosen = numbers(name);
        const places = numbers(`${name}_places`);
        expect(places).toEqual(
          Array.from({ length: of }, (_, row) =>
            chosen.includes(row) ? chosen.indexOf(row) : chosen.length,
          ),
        );
      }
    }),
  );
});

test('attention finds every row, keeps sequences apart, and masks padding', () => {
  fc.assert(
    fc.property(lengths, heads, groups, (given, attentionHeads, attentionGroups) => {
      const { packed, numbers } = pack(given, attentionHeads, attentionGroups);
      const positions = numbers('position_ids');
      const shown: number[] = [];
      const masked: number[] = [];
      let padding = 0;
      for (let group = 0; group < attentionGroups; group++) {
        const { data, shape } = packed.feeds.get(`attention_rows_${group}`)!;
        const mask = packed.feeds.get(`attention_mask_${group}`)!;
        const [count, length] = shape as [number, number];
        expect(mask.shape).toEqual([count, 1, length]);
        expect(count).toBeGreaterThan(0);
        for (let entry = 0; entry < count; entry++) {
          const rows = [...data].slice(entry * length, (entry + 1) * length).map(Number);
          const hidden = [...mask.data].slice(entry * length, (entry + 1) * length).map(Number);
          const real = rows.filter((_, at) => hidden[at] === 0);
          padding += length - real.length;
          // One head of one sequence, from its first token to its last.
          const head = real[0]! % attentionHeads;
          const tokens = real.map((row) => Math.floor(row / attentionHeads));
          expect(real.map((row) => row % attentionHeads)).toEqual(tokens.map(() => head));
          expect(tokens.map((token) => positions[token])).toEqual([...tokens.keys()]);
          const next = positions[tokens.at(-1)! + 1];
          expect(next === undefined || next === 0).toBe(true);
          shown.push(...rows);
          masked.push(...rows.filter((_, at) => hidden[at] !== 0));
        }
      }
      // Every row is shown once where it counts, and found there.
      const rows = positions.length * attentionHeads;
      const places = numbers('attention_places');
      expect(places.map((place) => shown[place])).toEqual(
        Array.from({ length: rows }, (_, row) => row),
      );
      expect(new Set(places).size).toBe(rows);
      expect(shown.length).toBe(rows + padding);
      const filler = positions.length - 1;
      for (const row of masked) expect(Math.floor(row / attentionHeads)).toBe(filler);
      // The same for first tokens alone.
      const firsts = Array.from({ length: attentionGroups }, (_, group) =>
        numbers(`attention_first_rows_${group}`),
      ).flat();
      const firstPlaces = numbers('attention_first_places');
      expect(firstPlaces.map((place) => firsts[place])).toEqual([...firstPlaces.keys()]);
    }),
  );
});

test('sequences of similar length share a group, so that there is little padding', () => {
  const given = [12, 1, 11, 2, 12, 1, 11, 2];
  const { packed } = pack(given, 1, 3);
  const widths = [0, 1, 2].map((group) => packed.feeds.get(`attention_rows_${group}`)!.shape[1]);
  expect(widths).toEqual([1, 11, 12]);
});
