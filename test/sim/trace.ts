/** A running hash of everything that happened, in order: two runs of one seed must agree on it. */
export class Trace {
  #one = 0x811c9dc5;
  #two = 0x01000193;

  number(value: number): void {
    this.#mix(value | 0);
    this.#mix(Math.floor((value % 1) * 2 ** 32) | 0);
  }

  /** The length and the ends of `bytes`: whatever is signed or hashed differs there. */
  bytes(bytes: Uint8Array): void {
    this.#mix(bytes.length);
    const from = Math.max(0, bytes.length - 24);
    for (let at = from; at < bytes.length; at += 1) this.#mix(bytes[at] ?? 0);
  }

  text(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.#mix(text.charCodeAt(at));
  }

  #mix(value: number): void {
    this.#one = Math.imul(this.#one ^ value, 0x01000193);
    this.#two = Math.imul((this.#two + value) ^ (this.#two >>> 13), 0x85ebca6b);
  }

  digest(): string {
    return [this.#one, this.#two]
      .map((half) => (half >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }
}
