/**
 * A hash of a text that is the same on every machine and in every version: an integer of 32 bits, evenly spread.
 * FNV-1a over UTF-16 code units with MurmurHash3's final mix.
 */
export function stableHash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
