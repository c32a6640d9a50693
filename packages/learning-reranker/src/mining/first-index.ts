/**
 * The first of `length` places where `isReached` is true; `length` if it is nowhere. Once true, it must stay true:
 * the search is binary.
 */
export function firstIndex(length: number, isReached: (place: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isReached(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
