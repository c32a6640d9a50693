/** Deals queries out to train, dev and test so that none, near-duplicates included, crosses. */

import { stableHash } from '../mining/stable-hash.js';
import { normalizeQuery } from '../records/clean-text.js';
import { NearDuplicateIndex } from './near-duplicates.js';

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

/** A hash of 32 bits as a split, evenly by the shares. */
export function splitOfHash(hash: number, shares: SplitShares = DEFAULT_SHARES): Split {
  const place = hash / 2 ** 32;
  if (place < shares.test) return 'test';
  return place < shares.test + shares.dev ? 'dev' : 'train';
}

/** Adds the queries that have a split. @returns those of train that are near to a held-out one. */
function indexPrevious(
  index: NearDuplicateIndex<Split | NewGroup>,
  previous: SplitAssignments,
): Set<string> {
  const train: string[] = [];
  for (const [key, split] of previous) {
    if (split === 'train') train.push(key);
    else index.add(key, split);
  }
  // None of train is in the index yet: whatever is near is held out.
  const bridging = train.filter((key) => !index.groupsNear(key, () => false).next().done);
  for (const key of train) index.add(key, 'train');
  return new Set(bridging);
}

/** New queries that near-duplicates connect, and the splits of those before that they are near to. */
interface NewGroup {
  readonly keys: string[];
  readonly near: Set<Split>;
  /** The group that this one has become part of. */
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

/** The smaller group goes into the larger, so that no query changes its group often. */
function joined(a: NewGroup, b: NewGroup, groups: Set<NewGroup>): NewGroup {
  const [whole, part] = a.keys.length > b.keys.length ? [a, b] : [b, a];
  for (const key of part.keys) whole.keys.push(key);
  for (const split of part.near) whole.near.add(split);
  part.partOf = whole;
  groups.delete(part);
  return whole;
}
