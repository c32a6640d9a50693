/** What a query is called in files for other tools: the same in qrels, runs and the file of queries. */

const LENGTH = 16;

/** By the hash of its words, of which this much tells any two apart. */
export function queryIdOf(hash: string): string {
  return hash.slice(0, LENGTH);
}
