/** Sixteen-bit floating point, as bits: IEEE 754 binary16 ("F16") and bfloat16 ("BF16"). */

const floatView = new Float32Array(1);
const bitsView = new Uint32Array(floatView.buffer);

let float16Values: Float32Array | undefined;

/** Every float16 by its 16 bits; 256 KB, made once, because a look-up beats arithmetic. */
function float16Table(): Float32Array {
  if (float16Values) return float16Values;
  const table = new Float32Array(0x10000);
  for (let bits = 0; bits < table.length; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
    else table[bits] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  float16Values = table;
  return table;
}

/** Widens float16 bits to float32, exactly. */
export function widenFloat16(bits: Uint16Array): Float32Array {
  const table = float16Table();
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i] as number] as number;
  return out;
}

/** Widens bfloat16 bits to float32, exactly: they are the upper half of a float32. */
export function widenBfloat16(bits: Uint16Array): Float32Array {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = (bits[i] as number) << 16;
  return new Float32Array(out.buffer);
}

/**
 * Rounds one float32 to the nearest float16, ties to the even one; beyond 65,504 (from 65,520 on)
 * it becomes an infinity, as IEEE 754 says.
 */
export function roundToFloat16(value: number): number {
  floatView[0] = value;
  const bits = bitsView[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65,536 and above
  if (magnitude >= 0x38800000) {
    // A normal float16: re-bias the exponent, then round the 13 bits that do not fit. A carry out
    // of the fraction runs into the exponent, which is what rounding up means.
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign; // at most 2^-25, half the smallest subnormal
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const kept = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (rest > half || (rest === half && kept & 1) ? 1 : 0));
}

/** Narrows float32 to float16 bits, each value to the nearest, ties to even. */
export function narrowToFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = roundToFloat16(values[i] as number);
  return out;
}
