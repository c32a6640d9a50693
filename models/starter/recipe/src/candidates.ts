/** Chooses each query's documents and has the teacher say how well each one answers. */
import { SeededRandom } from '@learning-reranker/cross-encoder';
import { batchedMatmul, GraphSession, input } from '@learning-reranker/onnx-autodiff';
import { Bm25Index } from 'learning-reranker/internals';

/** A query with its documents, the positive first, and the teacher's cosine for each. */
export interface ScoredCandidates {
  readonly query: string;
  readonly documents: readonly number[];
  readonly cosines: readonly number[];
  readonly kind: string;
}

export interface CandidateInput {
  readonly pairs: readonly { query: string; document: number; kind: string; repo: string }[];
  readonly corpus: readonly { text: string; repo: string }[];
  /** Unit vectors of the pairs' queries and of the corpus, [rows, width] each. */
  readonly queryVectors: Float32Array;
  readonly corpusVectors: Float32Array;
  readonly width: number;
  readonly seed: number;
}

/** Ranks of BM25 from which one candidate each is drawn: what a reranker sees, easy ones included. */
const BM25_RANKS = [
  [0, 3],
  [3, 12],
  [12, 50],
] as const;
/** Ranks among a sample of the corpus by the teacher itself. */
const TEACHER_RANKS = [
  [0, 3],
  [3, 20],
] as const;
const TEACHER_SAMPLE = 24_000;
const QUERIES_IN_RUN = 256;

export async function* scoredCandidates(given: CandidateInput): AsyncGenerator<ScoredCandidates> {
  const { pairs, corpus, width, seed } = given;
  const random = new SeededRandom(seed);
  const index = new Bm25Index(corpus.map(({ text }) => text));
  const byRepository = new Map<string, number[]>();
  corpus.forEach(({ repo }, at) => {
    const members = byRepository.get(repo);
    if (members) members.push(at);
    else byRepository.set(repo, [at]);
  });
  const sample = random.shuffle(Array.from(corpus, (_, at) => at)).slice(0, TEACHER_SAMPLE);
  const neighbours = await NeighbourSearch.create(given.corpusVectors, sample, width);
  for (let from = 0; from < pairs.length; from += QUERIES_IN_RUN) {
    const batch = pairs.slice(from, from + QUERIES_IN_RUN);
    const vectors = given.queryVectors.subarray(from * width, (from + batch.length) * width);
    const nearest = await neighbours.nearest(vectors, batch.length, 20);
    for (const [row, { query, document, kind, repo }] of batch.entries()) {
      const chosen = new Set([document]);
      const found = index.search(query, 50).map((hit) => hit.index);
      for (const range of BM25_RANKS) drawFrom(found, range, chosen, random);
      for (const range of TEACHER_RANKS) drawFrom(nearest[row] ?? [], range, chosen, random);
      drawFrom(byRepository.get(repo) ?? [], [0, corpus.length], chosen, random);
      drawFrom(sample, [0, sample.length], chosen, random);
      const documents = [...chosen];
      const vector = vectors.subarray(row * width, (row + 1) * width);
      const cosines = documents.map((at) =>
        dot(vector, given.corpusVectors.subarray(at * width, (at + 1) * width)),
      );
      yield { query, documents, cosines, kind };
    }
  }
}

/** Adds one document of a range of ranks that is not among the chosen, where there is one. */
function drawFrom(
  ranked: readonly number[],
  [start, end]: readonly [number, number],
  chosen: Set<number>,
  random: SeededRandom,
): void {
  const last = Math.min(end, ranked.length);
  for (let draw = 0; draw < 6 && start < last; draw++) {
    const found = ranked[start + random.nextInt(last - start)] as number;
    if (chosen.has(found)) continue;
    chosen.add(found);
    return;
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
}

/** Exact search for the nearest of a sample of documents, by one matrix product for many queries. */
class NeighbourSearch {
  readonly #session: GraphSession;
  readonly #documents: Float32Array;
  readonly #ids: readonly number[];
  readonly #width: number;

  private constructor(
    session: GraphSession,
    documents: Float32Array,
    ids: readonly number[],
    width: number,
  ) {
    this.#session = session;
    this.#documents = documents;
    this.#ids = ids;
    this.#width = width;
  }

  static async create(
    vectors: Float32Array,
    ids: readonly number[],
    width: number,
  ): Promise<NeighbourSearch> {
    const documents = new Float32Array(ids.length * width);
    ids.forEach((id, row) => {
      documents.set(vectors.subarray(id * width, (id + 1) * width), row * width);
    });
    const queries = input('queries', 'float32', [1, 'queries', width]);
    const all = input('documents', 'float32', [1, ids.length, width]);
    const products = batchedMatmul(queries, all, { transposeB: true });
    const session = await GraphSession.create({ outputs: { products } }, { threads: 2 });
    return new NeighbourSearch(session, documents, ids, width);
  }

  /** For each query the ids of its `count` nearest documents, nearest first. */
  async nearest(queries: Float32Array, rows: number, count: number): Promise<number[][]> {
    const size = this.#ids.length;
    const feeds = new Map([
      ['queries', { data: queries, shape: [1, rows, this.#width] }],
      ['documents', { data: this.#documents, shape: [1, size, this.#width] }],
    ]);
    const result = await this.#session.run(feeds, new Map([['products', null]]));
    const products = result.get('products')?.data as Float32Array;
    return Array.from({ length: rows }, (_, row) => {
      const scores = products.subarray(row * size, (row + 1) * size);
      return largest(scores, count).map((at) => this.#ids[at] as number);
    });
  }
}

/** The places of the largest values, largest first. */
function largest(values: Float32Array, count: number): number[] {
  const kept: number[] = [];
  let worst = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (kept.length === count && value <= worst) continue;
    let place = kept.length;
    while (place > 0 && (values[kept[place - 1] as number] as number) < value) place--;
    kept.splice(place, 0, at);
    if (kept.length > count) kept.pop();
    worst = values[kept.at(-1) as number] as number;
  }
  return kept;
}
