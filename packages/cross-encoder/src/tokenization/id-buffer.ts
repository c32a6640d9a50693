/** A growing list of token ids over one reused Int32Array. */
export class IdBuffer {
  length = 0;
  #ids = new Int32Array(1024);

  push(id: number): void {
    if (this.length === this.#ids.length) this.#grow(this.length + 1);
    this.#ids[this.length++] = id;
  }

  append(ids: Int32Array): void {
    if (this.length + ids.length > this.#ids.length) this.#grow(this.length + ids.length);
    this.#ids.set(ids, this.length);
    this.length += ids.length;
  }

  /** A copy of the first `limit` ids. The buffer is then empty and keeps its memory. */
  take(limit: number): Int32Array {
    const taken = this.#ids.slice(0, Math.min(limit, this.length));
    this.length = 0;
    return taken;
  }

  /** A copy of the ids from a position on. */
  copyFrom(start: number): Int32Array {
    return this.#ids.slice(start, this.length);
  }

  #grow(needed: number): void {
    const larger = new Int32Array(Math.max(needed, 2 * this.#ids.length));
    larger.set(this.#ids);
    this.#ids = larger;
  }
}
