/** Strings of codes that follow each other. */
const [partBits, partMask] = [10, 1023];

/** What V8 takes for a reference. */
const referenceBytes = 8;

/**
 * Strings by the codes of their texts, made for who reads them: most of millions of texts are only looked for. In parts, each
 * from its first string on: one array of ten million references would hold the thread for 100 ms whenever it grows.
 */
export class KeptStrings {
  readonly #parts: ((string | undefined)[] | undefined)[] = [];
  #bytes = 0;

  get byteLength(): number {
    return this.#bytes;
  }

  at(code: number): string | undefined {
    return this.#parts[code >>> partBits]?.[code & partMask];
  }

  /** `bytes` are those that V8 takes for the string. */
  keep(code: number, text: string, bytes: number): void {
    const index = code >>> partBits;
    while (this.#parts.length <= index) this.#parts.push(undefined);
    let part = this.#parts[index];
    if (!part) {
      part = new Array<string | undefined>(partMask + 1).fill(undefined);
      this.#parts[index] = part;
      this.#bytes += referenceBytes * part.length;
    }
    part[code & partMask] = text;
    this.#bytes += bytes;
  }
}
