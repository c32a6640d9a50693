import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, cutText, normalizeQuery } from '../../src/records/clean-text.js';
import { trainingRecordSchema } from '../../src/records/training-record.js';

const document = { text: 'function f() {}', doc_path_rel: 'src/a.ts', repo_slug: 'repo' };
const record = {
  schema_version: 2,
  query: 'what does f do',
  positive: { ...document, reason: 'documented by this comment' },
  negatives: [{ ...document, text: 'function g() {}' }],
  source: 'code',
};

describe('the training record', () => {
  it('accepts a record unchanged', () => {
    expect(trainingRecordSchema.parse(record)).toEqual(record);
  });

  it('accepts a record without negatives', () => {
    expect(trainingRecordSchema.safeParse({ ...record, negatives: [] }).success).toBe(true);
  });

  it.each([
    ['an unknown field', { ...record, extra: 1 }],
    ['another version', { ...record, schema_version: 1 }],
    ['an empty query', { ...record, query: ' \n' }],
    ['an empty positive', { ...record, positive: { ...document, text: '' } }],
    ['a home path', { ...record, positive: { ...document, doc_path_rel: '/home/me/a.ts' } }],
    ['a Windows path', { ...record, positive: { ...document, doc_path_rel: 'C:\\me\\a.ts' } }],
    ['too few teacher scores', { ...record, teacher_scores: [1] }],
    ['an infinite teacher score', { ...record, teacher_scores: [1, Number.POSITIVE_INFINITY] }],
  ])('refuses %s', (_, value) => {
    expect(trainingRecordSchema.safeParse(value).success).toBe(false);
  });

  it('cleans texts when it reads them', () => {
    const parsed = trainingRecordSchema.parse({ ...record, query: 'a\0b \ud800' });
    expect(parsed.query).toBe('ab \ufffd');
  });
});

describe('texts', () => {
  it('are well-formed and free of NUL once cleaned', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const cleaned = cleanText(text);
        expect(cleaned.isWellFormed()).toBe(true);
        expect(cleaned).not.toContain('\0');
      }),
    );
  });

  it('are never cut inside a code point and never grow', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.integer({ min: 1, max: 20 }),
        (text, maximum) => {
          const cut = cutText(text, maximum);
          expect(cut.length).toBeLessThanOrEqual(Math.max(maximum, 0));
          expect(text.startsWith(cut)).toBe(true);
          expect(cut.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  it('are cut at a line end if one is near', () => {
    expect(cutText('first line\nsecond line', 15)).toBe('first line');
    expect(cutText('a\nlong second line', 10)).toBe('a\nlong sec');
  });

  it('count as the same query whatever their case and punctuation', () => {
    expect(normalizeQuery('  Parse a DATE, please! ')).toBe('parse a date please');
  });
});
