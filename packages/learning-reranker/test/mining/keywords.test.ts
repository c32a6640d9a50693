import { describe, expect, it } from 'vitest';
import { discriminativeKeywords, labelByKeywords } from '../../src/mining/keywords.js';

const LIKED = ['retry the request with backoff', 'backoff and retry of a failed call'];
const DISLIKED = ['close the socket at once', 'once more: a socket that is closed'];

describe('terms that separate liked from disliked results', () => {
  const keywords = discriminativeKeywords(LIKED, DISLIKED);

  it('are in all documents of one kind and in none of the other', () => {
    const terms = (sign: number) =>
      keywords
        .filter(({ weight }) => Math.sign(weight) === sign)
        .map(({ term }) => term)
        .sort();
    expect(terms(1)).toEqual(['backoff', 'retri']);
    expect(terms(-1)).toEqual(['close', 'onc', 'socket']);
  });

  it('label unjudged documents, unless terms of both kinds occur', () => {
    expect(labelByKeywords('function retryWithBackoff() {}', keywords)).toMatchObject({ label: 1 });
    expect(labelByKeywords('closeSocket()', keywords)).toEqual({ label: 0, count: 2 });
    expect(labelByKeywords('retry, backoff, then close', keywords)).toBeNull();
    expect(labelByKeywords('retry alone', keywords)).toBeNull();
  });

  it('are none when too few documents are judged or no term differs', () => {
    expect(discriminativeKeywords(LIKED.slice(1), DISLIKED)).toEqual([]);
    expect(discriminativeKeywords(LIKED, [])).toEqual([]);
    expect(discriminativeKeywords(LIKED, LIKED)).toEqual([]);
  });
});
