/** The largest difference between two lists of numbers; infinite where lengths differ or one is NaN. */
export function largestDifference(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let largest = found.length === wanted.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < wanted.length; i++) {
    const difference = Math.abs((found[i] as number) - (wanted[i] as number));
    // NaN would pass every comparison with the largest so far.
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
