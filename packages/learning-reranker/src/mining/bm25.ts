/**
 * BM25 over typed arrays, with Lucene's idf: the first stage that finds candidates, and the baseline
 * that every reranker is compared with.
 * Robertson and Zaragoza 2009; Kamphuis et al. 2020, "Which BM25 do you mean?" (Lucene, accurate).
 */
import { codeTokens } from './code-tokens.js';
import { firstIndex } from './first-index.js';

/** A result: the document's index in the corpus and its BM25 score, always above 0. */
export interface Bm25Hit {
  readonly index: number;
  readonly score: number;
}

/** How much a repeated term adds to the score, and how much a long document lowers it: Lucene's defaults. */
const K1 = 1.2;
const B = 0.75;

type Tokenizer = (text: string) => readonly string[];

/** An immutable index over a list of texts. */
export class Bm25Index {
  /** Number of documents. */
  readonly size: number;
  readonly #tokenize: Tokenizer;
  readonly #terms: ReadonlyMap<string, number>;
  /** The postings of term t are at `#starts[t]` up to `#starts[t + 1]`. */
  readonly #starts: Uint32Array;
  readonly #documents: Uint32Array;
  readonly #weights: Float32Array;
  readonly #scores: Float64Array;

  /** `tokenize` splits a text into terms. */
  constructor(texts: Iterable<string>, { tokenize = codeTokens }: { tokenize?: Tokenizer } = {}) {
    this.#tokenize = tokenize;
    const { terms, lengths, termOf, documentOf, frequencyOf } = countTerms(texts, tokenize);
    this.size = lengths.length;
    this.#terms = terms;
    this.#scores = new Float64Array(this.size);

    const starts = new Uint32Array(terms.size + 1);
    for (const term of termOf) starts[term + 1] = (starts[term + 1] ?? 0) + 1;
    for (let term = 0; term < terms.size; term++) {
      starts[term + 1] = (starts[term + 1] ?? 0) + (starts[term] ?? 0);
    }
    const average = lengths.reduce((sum, length) => sum + length, 0) / Math.max(this.size, 1);
    const next = starts.slice();
    const documents = new Uint32Array(termOf.length);
    const weights = new Float32Array(termOf.length);
    for (let posting = 0; posting < termOf.length; posting++) {
      const term = termOf[posting] ?? 0;
      const document = documentOf[posting] ?? 0;
      const frequency = frequencyOf[posting] ?? 0;
      const inDocuments = (starts[term + 1] ?? 0) - (starts[term] ?? 0);
      const idf = Math.log(1 + (this.size - inDocuments + 0.5) / (inDocuments + 0.5));
      const norm = K1 * (1 - B + (B * (lengths[document] ?? 0)) / average);
      const place = next[term] ?? 0;
      next[term] = place + 1;
      documents[place] = document;
      weights[place] = (idf * frequency) / (frequency + norm);
    }
    this.#starts = starts;
    this.#documents = documents;
    this.#weights = weights;
  }

  /**
   * The `topK` documents with the highest score, best first. Equal scores keep the order
   * of the corpus. A document without a term of the query is not a result.
   */
  search(query: string, topK = 10): Bm25Hit[] {
    const touched = this.#accumulate(query);
    const hits = best(touched, this.#scores, topK);
    for (const document of touched) this.#scores[document] = 0;
    return hits;
  }

  /** Adds up the weights of the query's terms and returns the documents with a score. */
  #accumulate(query: string): number[] {
    const touched: number[] = [];
    for (const token of this.#tokenize(query)) {
      const term = this.#terms.get(token);
      if (term === undefined) continue;
      const end = this.#starts[term + 1] ?? 0;
      for (let posting = this.#starts[term] ?? 0; posting < end; posting++) {
        const document = this.#documents[posting] ?? 0;
        const score = this.#scores[document] ?? 0;
        if (score === 0) touched.push(document);
        this.#scores[document] = score + (this.#weights[posting] ?? 0);
      }
    }
    return touched;
  }
}

function countTerms(texts: Iterable<string>, tokenize: Tokenizer) {
  const terms = new Map<string, number>();
  const lengths: number[] = [];
  /** One entry for each pair of a document and a term in it, by document. */
  const termOf: number[] = [];
  const documentOf: number[] = [];
  const frequencyOf: number[] = [];
  /** The place of each term's last posting, to count repetitions within one document. */
  const lastPosting: number[] = [];
  for (const text of texts) {
    const document = lengths.length;
    const tokens = tokenize(text);
    lengths.push(tokens.length);
    for (const token of tokens) {
      let term = terms.get(token);
      if (term === undefined) {
        term = terms.size;
        terms.set(token, term);
        lastPosting.push(-1);
      }
      const last = lastPosting[term] ?? -1;
      if (last >= 0 && documentOf[last] === document) {
        frequencyOf[last] = (frequencyOf[last] ?? 0) + 1;
        continue;
      }
      lastPosting[term] = termOf.length;
      termOf.push(term);
      documentOf.push(document);
      frequencyOf.push(1);
    }
  }
  return { terms, lengths, termOf, documentOf, frequencyOf };
}

/** The best `topK`. A result that is better than the worst of them takes its place. */
function best(candidates: readonly number[], scores: Float64Array, topK: number): Bm25Hit[] {
  const order = (a: number, b: number) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b;
  const kept = candidates.slice(0, topK).sort(order);
  for (let next = kept.length; topK > 0 && next < candidates.length; next++) {
    const candidate = candidates[next] as number;
    if (order(kept[topK - 1] as number, candidate) < 0) continue;
    kept.pop();
    const place = firstIndex(kept.length, (at) => order(kept[at] as number, candidate) > 0);
    kept.splice(place, 0, candidate);
  }
  return kept.map((index) => ({ index, score: scores[index] ?? 0 }));
}
