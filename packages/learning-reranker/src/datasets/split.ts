/** Deals queries out to train, dev and test so that none, near-duplicates included, crosses. */

import { stableHash } from '../mining/stable-hash.js';
import { normalizeQuery } from '../records/clean-text.js';
import { nearDuplicatePairs } from './near-duplicates.js';

export type Split = 'train' | 'dev' | 'test';

export interface SplitShares {
  readonly dev: number;
  readonly test: number;
}

export const DEFAULT_SHARES: SplitShares = { dev: 0.1, test: 0.1 };

/** Splits by normalised query. */
export type SplitAssignments = ReadonlyMap<string, Split>;

export interface SplitResult {
  readonly assignments: Map<string, Split>;
  /**
   * Normalised queries near to queries of two different splits: they can be in neither. So too those
   * of train that were found near to a held-out query only after both had their split.
   */
  readonly bridging: Set<string>;
}

/**
 * Every query keeps the split it had in `previous`. A new one joins the split of its near-duplicates;
 * a group of new ones is decided by the smallest hash in it. So growing data moves no query.
 */
export function assignSplits(
  queries: readonly string[],
  previous: SplitAssignments = new Map(),
  splitOf: (hash: number) => Split = splitOfHash,
): SplitResult {
  const keys = [...new Set([...queries.map(normalizeQuery), ...previous.keys()])].sort();
  const neighbours = neighboursOf(keys);
  const assignments = new Map(previous);
  const bridging = new Set<string>();
  for (const group of newGroups(keys, neighbours, previous)) {
    const known = new Set(
      group.flatMap((key) => (neighbours.get(key) ?? []).map((other) => previous.get(other))),
    );
    known.delete(undefined);
    if (known.size > 1) {
      for (const key of group) bridging.add(key);
      continue;
    }
    const [inherited] = known;
    const split = inherited ?? splitOf(Math.min(...group.map(stableHash)));
    for (const key of group) assignments.set(key, split);
  }
  const isHeldOut = (key: string) => previous.has(key) && previous.get(key) !== 'train';
  for (const [key, split] of previous) {
    if (split === 'train' && neighbours.get(key)?.some(isHeldOut)) bridging.add(key);
  }
  return { assignments, bridging };
}

/** A hash of 32 bits as a split, evenly by the shares. */
export function splitOfHash(hash: number, shares: SplitShares = DEFAULT_SHARES): Split {
  const place = hash / 2 ** 32;
  if (place < shares.test) return 'test';
  return place < shares.test + shares.dev ? 'dev' : 'train';
}

function neighboursOf(keys: readonly string[]): Map<string, string[]> {
  const neighbours = new Map<string, string[]>();
  const link = (from: string, to: string) => {
    const known = neighbours.get(from);
    if (known) known.push(to);
    else neighbours.set(from, [to]);
  };
  for (const [a, b] of nearDuplicatePairs(keys)) {
    link(keys[a] as string, keys[b] as string);
    link(keys[b] as string, keys[a] as string);
  }
  return neighbours;
}

/** Connected groups of keys that have no split yet. */
function* newGroups(
  keys: readonly string[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  previous: SplitAssignments,
): Generator<string[]> {
  const visited = new Set<string>();
  for (const start of keys) {
    if (visited.has(start) || previous.has(start)) continue;
    visited.add(start);
    const group = [start];
    for (let at = 0; at < group.length; at++) {
      for (const other of neighbours.get(group[at] as string) ?? []) {
        if (visited.has(other) || previous.has(other)) continue;
        visited.add(other);
        group.push(other);
      }
    }
    yield group;
  }
}
