/** Texts behind each other in one string, which costs a fraction of a string each; null where there is none. */
export class TextColumn {
  /** Holds all texts; read it between the bounds. A slice of it keeps all of it in memory: `at` returns a copy. */
  readonly text: string;
  /** Where each text starts. */
  readonly starts: Uint32Array;
  /** Where each text ends; less than its start for null. */
  readonly ends: Uint32Array;

  constructor(text: string, starts: Uint32Array, ends: Uint32Array) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
  }

  static of(texts: readonly (string | null)[]): TextColumn {
    const starts = new Uint32Array(texts.length);
    const ends = new Uint32Array(texts.length);
    let end = 1;
    // An entry of an iterator is an array for each text.
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] as string | null;
      starts[index] = end;
      end += text === null ? 0 : text.length;
      ends[index] = text === null ? 0 : end;
    }
    return new TextColumn(` ${texts.join('')}`, starts, ends);
  }

  get length(): number {
    return this.starts.length;
  }

  isNull(index: number): boolean {
    return (this.ends[index] as number) < (this.starts[index] as number);
  }

  at(index: number): string | null {
    return this.isNull(index) ? null : copyOf(this.text.slice(this.starts[index], this.ends[index]));
  }
}

/** V8 copies slices of up to 12 characters anyway. */
const copyOf = (slice: string): string =>
  slice.length < 13 ? slice : Buffer.from(slice, 'utf16le').toString('utf16le');
