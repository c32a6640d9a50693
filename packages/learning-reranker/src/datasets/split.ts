/** Splits queries into train, dev and test, with near-duplicates in the same split. */

import { stableHash } from '../mining/stable-hash.js';
import { normalizeQuery } from '../records/clean-text.js';
import { NearDuplicateIndex } from './near-duplicates.js';

export type Split = 'train' | 'dev' | 'test';

export interface SplitShares {
  readonly dev: number;
  readonly test: number;
}

export const DEFAULT_SHARES: SplitShares = { dev: 0.1, test: 0.1 };

/** Splits by normalized query. */
export type SplitAssignments = ReadonlyMap<string, Split>;

export interface SplitResult {
  readonly assignments: Map<string, Split>;
  /**
   * Normalized queries near to queries of two splits, which can be in neither, and training queries that turned out
   * to be near to a held-out query after both had their split.
   */
  readonly bridging: Set<string>;
}

/**
 * Queries keep their split of `previous`. New queries get the split of their near-duplicates, or, as a group, the
 * split of the smallest hash in the group. So no query changes its split when data is added.
 */
export function assignSplits(
  queries: readonly string[],
  previous: SplitAssignments = new Map(),
  splitOf: (hash: number) => Split = splitOfHash,
): SplitResult {
  const keys = [...new Set([...queries.map(normalizeQuery), ...previous.keys()])].sort();
  const index = new NearDuplicateIndex<Split | NewGroup>(keys);
  const bridging = indexPrevious(index, previous);
  const assignments = new Map(previous);
  const newKeys = keys.filter((key) => !previous.has(key));
  for (const { keys: members, near } of groupsOf(newKeys, index)) {
    const [inherited, other] = near;
    if (other) {
      for (const key of members) bridging.add(key);
      continue;
    }
    const smallest = members.map(stableHash).reduce((a, b) => Math.min(a, b));
    const split = inherited ?? splitOf(smallest);
    for (const key of members) assignments.set(key, split);
  }
  return { assignments, bridging };
}

/** Maps a 32-bit hash to a split, in proportion to the shares. */
export function splitOfHash(hash: number, shares: SplitShares = DEFAULT_SHARES): Split {
  const place = hash / 2 ** 32;
  if (place < shares.test) return 'test';
  return place < shares.test + shares.dev ? 'dev' : 'train';
}

/** Adds the queries that have a split. @returns the training queries near to a held-out query. */
function indexPrevious(
  index: NearDuplicateIndex<Split | NewGroup>,
  previous: SplitAssignments,
): Set<string> {
  const train: string[] = [];
  for (const [key, split] of previous) {
    if (split === 'train') train.push(key);
    else index.add(key, split);
  }
  // The index contains no training queries yet, so everything it finds is held out.
  const bridging = train.filter((key) => !index.groupsNear(key, () => false).next().done);
  for (const key of train) index.add(key, 'train');
  return new Set(bridging);
}

/** New queries connected by near-duplicates, and the splits of the earlier queries near to them. */
interface NewGroup {
  readonly keys: string[];
  readonly near: Set<Split>;
  /** The group that this group was merged into. */
  partOf: NewGroup | null;
}

function groupsOf(
  newKeys: readonly string[],
  index: NearDuplicateIndex<Split | NewGroup>,
): Set<NewGroup> {
  const groups = new Set<NewGroup>();
  for (const key of newKeys) {
    let own: NewGroup = { keys: [key], near: new Set(), partOf: null };
    groups.add(own);
    const isKnown = (group: Split | NewGroup) =>
      typeof group === 'string' ? own.near.has(group) : wholeOf(group) === own;
    for (const group of index.groupsNear(key, isKnown)) {
      if (typeof group === 'string') own.near.add(group);
      else own = joined(own, wholeOf(group), groups);
    }
    index.add(key, own);
  }
  return groups;
}

function wholeOf(group: NewGroup): NewGroup {
  let whole = group;
  while (whole.partOf) whole = whole.partOf;
  return whole;
}

/** Merges the smaller group into the larger, so that queries rarely change their group. */
function joined(a: NewGroup, b: NewGroup, groups: Set<NewGroup>): NewGroup {
  const [whole, part] = a.keys.length > b.keys.length ? [a, b] : [b, a];
  for (const key of part.keys) whole.keys.push(key);
  for (const split of part.near) whole.near.add(split);
  part.partOf = whole;
  groups.delete(part);
  return whole;
}
