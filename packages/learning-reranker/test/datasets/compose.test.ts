import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeSnapshot, type SnapshotInput } from '../../src/datasets/compose.js';
import type { Split } from '../../src/datasets/split.js';
import { normalizeQuery } from '../../src/records/clean-text.js';
import type { CorpusDocument } from '../../src/records/training-record.js';
import { isNear, makeRecord, similarQuery } from './queries.js';

const document = (id: string, text = `text of ${id}`): CorpusDocument => ({
  id,
  text,
  doc_path_rel: `${id}.ts`,
  repo_slug: 'app',
});
const splits = (entries: Readonly<Record<string, Split>>) => new Map(Object.entries(entries));

const TEXTS = ['text of a', 'text of b', 'text of c', 'text  of\na', 'new text', 'other text'];
const CORPUS = [document('a'), document('b'), document('c'), document('d', 'text of b')];
const anyText = fc.constantFrom(...TEXTS);
const anyRecord = fc
  .tuple(similarQuery, anyText, fc.array(anyText, { maxLength: 3 }))
  .map(([query, positive, negatives]) => makeRecord(query, positive, negatives));
const anySample = fc
  .tuple(
    similarQuery,
    fc.boolean(),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'nowhere'), { minLength: 1 }),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([query, loud, ids, grade]) => ({
    query: loud ? `${query.toUpperCase()}!` : query,
    relevant: Object.fromEntries(ids.map((id) => [id, grade])),
  }));
const anyInput = fc.record({
  records: fc.array(anyRecord, { maxLength: 20 }),
  samples: fc.array(anySample, { maxLength: 10 }),
  corpus: fc.constant(CORPUS),
  shares: fc.constant({ dev: 0.3, test: 0.3 }),
});

/** What is stored of a snapshot, to the letter. */
function stored(input: SnapshotInput): string {
  const { train, corpus, evaluation, splits: assigned, dropped } = composeSnapshot(input);
  return JSON.stringify([train, corpus, evaluation, [...assigned].sort(), dropped]);
}

describe('the content of a dataset', () => {
  it('is the same in any order of records, documents and samples', () => {
    fc.assert(
      fc.property(anyInput, fc.nat(), (input, turn) => {
        const rotate = <Item>(items: readonly Item[]) => {
          const at = items.length === 0 ? 0 : turn % items.length;
          return [...items.slice(at), ...items.slice(0, at)].reverse();
        };
        const turned = {
          ...input,
          records: rotate(input.records),
          corpus: rotate(input.corpus),
          samples: rotate(input.samples),
        };
        expect(stored(turned)).toBe(stored(input));
      }),
    );
  });

  it('has no training query near to a held-out one, whatever was built before', () => {
    fc.assert(
      fc.property(anyInput, anyInput, (first, second) => {
        const previous = composeSnapshot(first).splits;
        const { train, evaluation } = composeSnapshot({ ...second, previous });
        const leaks = train.filter(({ query }) =>
          evaluation.some((sample) => isNear(sample.query, query)),
        );
        expect(leaks).toEqual([]);
      }),
    );
  });

  it('has no negative that is relevant to its own query or a held-out one', () => {
    const spaceless = (text: string) => text.replace(/\s+/g, ' ').trim();
    fc.assert(
      fc.property(anyInput, (input) => {
        const { train, evaluation, corpus } = composeSnapshot(input);
        const textOf = new Map(corpus.map(({ id, text }) => [id, spaceless(text)]));
        const held = evaluation.flatMap(({ relevant }) =>
          Object.keys(relevant).map((id) => textOf.get(id)),
        );
        for (const { query, negatives } of train) {
          const own = train
            .filter((other) => normalizeQuery(other.query) === normalizeQuery(query))
            .map(({ positive }) => spaceless(positive.text));
          for (const { text } of negatives) {
            expect([...held, ...own]).not.toContain(spaceless(text));
          }
        }
      }),
    );
  });

  it('has every positive in its corpus, each text once', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const { train, corpus } = composeSnapshot(input);
        const texts = corpus.map(({ text }) => text.replace(/\s+/g, ' ').trim());
        expect(new Set(texts).size).toBe(texts.length);
        expect(new Set(corpus.map(({ id }) => id)).size).toBe(corpus.length);
        for (const { positive } of train) {
          expect(texts).toContain(positive.text.replace(/\s+/g, ' ').trim());
        }
      }),
    );
  });
});

describe('a record', () => {
  it('that differs from another only in white space and case is dropped and counted', () => {
    const { train, dropped } = composeSnapshot({
      records: [
        makeRecord('parse a date', 'new Date()'),
        makeRecord('Parse a date!', 'new  Date()\n'),
        makeRecord('parse a date', 'Date.parse'),
      ],
      corpus: [],
      previous: splits({ 'parse a date': 'train' }),
    });
    expect(train).toHaveLength(2);
    expect(dropped['duplicate records']).toBe(1);
  });

  it('with the most scored negatives, then the most negatives, is kept of duplicates', () => {
    const bare = makeRecord('parse a date', 'new Date()', [], { source: 'click' });
    const mined = makeRecord('parse a date', 'new Date()', ['Date.now', 'toISOString', 'getDay']);
    const scored = makeRecord('parse a date', 'new Date()', ['Date.now'], {
      teacher_scores: [5, 1],
    });
    const positiveScored = { ...bare, teacher_scores: [5] };
    const kept = (records: SnapshotInput['records']) =>
      composeSnapshot({ records, corpus: [], previous: splits({ 'parse a date': 'train' }) }).train;
    for (const [records, best] of [
      [[bare, mined], mined],
      [[bare, mined, scored], scored],
      [[positiveScored, mined], mined],
      [[bare, positiveScored, mined, scored], scored],
    ] as const) {
      expect(kept(records)).toEqual([best]);
      expect(kept(records.toReversed())).toEqual([best]);
    }
  });

  it('near to queries of two splits is left out and counted', () => {
    const { train, evaluation, dropped } = composeSnapshot({
      records: [makeRecord('a b c d e f g h i j', 'x')],
      corpus: [],
      previous: splits({ 'a b c d e f g h i': 'train', 'b c d e f g h i j': 'test' }),
    });
    expect([train, evaluation]).toEqual([[], []]);
    expect(dropped['records near to queries of two splits']).toBe(1);
  });

  it('near to a later sample is no longer trained on, and counted', () => {
    const { train, evaluation, dropped } = composeSnapshot({
      records: [makeRecord('a b c d e f g h i j', 'x')],
      samples: [{ query: 'a b c d e f g h i', relevant: { a: 1 } }],
      corpus: CORPUS,
      previous: splits({ 'a b c d e f g h i j': 'train' }),
    });
    expect(train).toEqual([]);
    expect(evaluation.map(({ query }) => query)).toEqual(['a b c d e f g h i']);
    expect(dropped['records near to queries of two splits']).toBe(1);
  });

  it('of a held-out split becomes a sample, with the corpus id of its positive', () => {
    const { train, evaluation } = composeSnapshot({
      records: [makeRecord('parse a date', 'text of  a'), makeRecord('parse a date', 'elsewhere')],
      corpus: [document('a')],
      previous: splits({ 'parse a date': 'dev' }),
    });
    expect(train).toEqual([]);
    expect(evaluation).toHaveLength(1);
    expect(evaluation[0]).toMatchObject({ query: 'parse a date', split: 'dev' });
    const ids = Object.keys(evaluation[0]?.relevant ?? {});
    expect(ids).toHaveLength(2);
    expect(ids).toContain('a');
  });
});

describe('negatives', () => {
  const previous = splits({ 'train query': 'train', 'test query': 'test' });

  it('that are relevant to the same query or a held-out one are dropped with their teacher scores', () => {
    const { train, dropped } = composeSnapshot({
      records: [
        makeRecord('train query', 'answer', ['wrong', 'held out', 'second', 'also wrong'], {
          teacher_scores: [9, 1, 2, 3, 4],
        }),
        makeRecord('Train query', 'second'),
        makeRecord('test query', 'held out'),
      ],
      corpus: [],
      previous,
    });
    const [record] = train.filter(({ positive }) => positive.text === 'answer');
    expect(record?.negatives.map(({ text }) => text)).toEqual(['wrong', 'also wrong']);
    expect(record?.teacher_scores).toEqual([9, 1, 4]);
    expect(dropped['negatives that answer the same query']).toBe(1);
    expect(dropped['negatives that answer a held-out query']).toBe(1);
  });

  it('repeated in a record count once, with the first score', () => {
    const { train, dropped } = composeSnapshot({
      records: [
        makeRecord('train query', 'answer', ['wrong', 'worse', ' wrong\n', 'wrong'], {
          teacher_scores: [9, 1, 2, 3, 4],
        }),
      ],
      corpus: [],
      previous,
    });
    expect(train[0]?.negatives.map(({ text }) => text)).toEqual(['wrong', 'worse']);
    expect(train[0]?.teacher_scores).toEqual([9, 1, 2]);
    expect(dropped['negatives given twice']).toBe(2);
  });

  it('that are relevant to another training query stay, since they may be irrelevant to this one', () => {
    const { train } = composeSnapshot({
      records: [makeRecord('train query', 'one', ['two']), makeRecord('another', 'two')],
      corpus: [],
      previous: splits({ 'train query': 'train', another: 'train' }),
    });
    expect(train.flatMap(({ negatives }) => negatives.map(({ text }) => text))).toEqual(['two']);
  });
});

describe('samples of an evaluation dataset', () => {
  const samples = Array.from({ length: 40 }, (_, index) => ({
    query: `question number ${index}`,
    relevant: { a: 1 },
  }));

  it('are held out in dev or test, and never trained on, even if they were before', () => {
    const records = samples.map(({ query }) => makeRecord(query, 'text of a', ['text of b']));
    const previous = new Map(samples.map(({ query }) => [query, 'train' as const]));
    const { train, evaluation } = composeSnapshot({ records, samples, corpus: CORPUS, previous });
    expect(train).toEqual([]);
    expect(evaluation).toHaveLength(40);
    expect(new Set(evaluation.map(({ split }) => split))).toEqual(new Set(['dev', 'test']));
  });

  it('keep their held-out split', () => {
    const previous = new Map(samples.map(({ query }) => [query, 'dev' as const]));
    const { evaluation } = composeSnapshot({ records: [], samples, corpus: CORPUS, previous });
    expect(new Set(evaluation.map(({ split }) => split))).toEqual(new Set(['dev']));
  });

  it('that are near-duplicates are in the same split', () => {
    const words = Array.from({ length: 20 }, (_, index) => `w${index}`).join(' ');
    for (let from = 0; from < 20; from++) {
      const near = [`${words} only${from}`, `${words} just${from}`].map((query) => ({
        query,
        relevant: { a: 1 },
      }));
      const { evaluation } = composeSnapshot({ records: [], samples: near, corpus: CORPUS });
      expect(evaluation[0]?.split).toBe(evaluation[1]?.split);
    }
  });

  it('near to queries of both dev and test are in neither and not trained on', () => {
    const query = 'a b c d e f g h i j';
    const { train, evaluation } = composeSnapshot({
      records: [makeRecord(query, 'x')],
      samples: [{ query, relevant: { a: 1 } }],
      corpus: CORPUS,
      previous: splits({ 'a b c d e f g h i': 'dev', 'b c d e f g h i j': 'test' }),
    });
    expect([train, evaluation]).toEqual([[], []]);
  });

  it('refer to the document that is kept if the corpus contains a text twice', () => {
    const { evaluation } = composeSnapshot({
      records: [],
      samples: [{ query: 'question', relevant: { d: 2, nowhere: 1 } }],
      corpus: [document('d', 'text of b'), document('b')],
    });
    expect(evaluation.map(({ relevant }) => relevant)).toEqual([{ b: 2 }]);
  });

  it('keep the highest grade of a document', () => {
    const { evaluation } = composeSnapshot({
      records: [],
      samples: [
        { query: 'question', relevant: { a: 3, b: 1 } },
        { query: 'Question?', relevant: { a: 1, b: 2 } },
      ],
      corpus: CORPUS,
    });
    expect(evaluation.map(({ relevant }) => relevant)).toEqual([{ a: 3, b: 2 }]);
  });
});
