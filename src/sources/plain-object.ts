/** The names of an object whose lines are read here; others are left to `JSON.parse`. */
const namesMax = 64;

/** A shorter text is copied out of a longer one, a longer text would keep all of it in memory. */
const copiedLengthMax = 12;

/** Of so many digits a double holds each number exactly, and dividing by a power of ten rounds it right. */
const digitsMax = 15;

const [blank, quote, comma, minus, point, zero, nine, colon, backslash] = [32, 34, 44, 45, 46, 48, 57, 58, 92];
const [openBrace, closeBrace, carriageReturn, letterE, capitalE] = [123, 125, 13, 101, 69];

const powersOfTen = Array.from({ length: digitsMax + 1 }, (_, exponent) => 10 ** exponent);

/** A value that is no text and no number. */
const literals = [
  { bytes: Buffer.from('null'), value: null },
  { bytes: Buffer.from('true'), value: true },
  { bytes: Buffer.from('false'), value: false },
] as const;

/** Stands for what is left to `JSON.parse`, which nothing that is read here equals. */
const notPlain = Symbol('not plain');

/** Lines of JSON, each within these bytes. */
export interface JsonText {
  /** Valid UTF-8. */
  readonly bytes: Buffer;
  /** The same in Latin-1: a character for each byte. */
  readonly text: string;
}

/** What a line has: its object, and its text as written. */
export interface PlainObject {
  readonly value: Record<string, unknown>;
  readonly raw: string;
}

/**
 * Reads lines of JSON that are objects with the same names in the same order, of which some may be absent, and with texts
 * without escapes, usual numbers and literals as values, as most files have them. `JSON.parse` takes several times as long:
 * it looks up each name and each short text among all texts of the program.
 */
export class PlainObjectReader {
  #names: readonly string[] = [];
  /** The names in quotes. */
  #quoted: readonly Buffer[] = [];
  /** Where the last value ends. */
  #end = 0;
  /** Whether a text of the last line has other characters than those of ASCII. */
  #hasHigh = false;

  /** Learns the names from an object that was read otherwise. */
  learn(value: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(value);
    if (names.length <= this.#names.length || names.length > namesMax || !names.every(isPlainName)) return;
    this.#names = names;
    this.#quoted = names.map((name) => Buffer.from(`"${name}"`));
  }

  /** The object from `start` up to `end`, which is the end of the line; null for one that is not read here. */
  read(source: JsonText, start: number, end: number): PlainObject | null {
    const { bytes, text } = source;
    if (this.#names.length === 0 || bytes[start] !== openBrace) return null;
    this.#hasHigh = false;
    const value: Record<string, unknown> = {};
    let at = start + 1;
    for (let index = 0; ; index++) {
      at = afterBlanks(bytes, at);
      while (index < this.#quoted.length && !hasAt(bytes, at, this.#quoted[index] as Buffer)) index++;
      if (index === this.#quoted.length) return null;
      at = afterBlanks(bytes, at + (this.#quoted[index] as Buffer).length);
      if (bytes[at] !== colon) return null;
      const found = this.#valueAt(source, afterBlanks(bytes, at + 1));
      if (found === notPlain) return null;
      value[this.#names[index] as string] = found;
      at = afterBlanks(bytes, this.#end);
      if (bytes[at] === closeBrace) break;
      if (bytes[at] !== comma) return null;
      at++;
    }
    const rawEnd = end > start && bytes[end - 1] === carriageReturn ? end - 1 : end;
    if (at + 1 !== rawEnd) return null;
    return { value, raw: this.#hasHigh ? bytes.toString('utf8', start, rawEnd) : text.slice(start, rawEnd) };
  }

  #valueAt(source: JsonText, at: number): unknown {
    const first = source.bytes[at] as number;
    if (first === quote) return this.#textAt(source, at + 1);
    if (first === minus || (first >= zero && first <= nine)) return this.#numberAt(source.bytes, at);
    const literal = literals.find(({ bytes }) => hasAt(source.bytes, at, bytes));
    if (!literal) return notPlain;
    this.#end = at + literal.bytes.length;
    return literal.value;
  }

  #textAt({ bytes, text }: JsonText, start: number): unknown {
    let all = 0;
    let at = start;
    for (let byte = bytes[at] as number; byte !== quote; byte = bytes[++at] as number) {
      // Also what a line end or the end of the bytes is: no text goes on there.
      if (!(byte >= blank) || byte === backslash) return notPlain;
      all |= byte;
    }
    this.#end = at + 1;
    if (all > 127) {
      this.#hasHigh = true;
      return bytes.toString('utf8', start, at);
    }
    return at - start <= copiedLengthMax ? text.slice(start, at) : bytes.toString('latin1', start, at);
  }

  #numberAt(bytes: Buffer, start: number): unknown {
    const first = bytes[start] === minus ? start + 1 : start;
    let at = first;
    let digits = 0;
    let fractionStart = -1;
    for (; ; at++) {
      const byte = bytes[at] as number;
      if (byte >= zero && byte <= nine) digits = digits * 10 + byte - zero;
      else if (byte === point && fractionStart < 0) fractionStart = at + 1;
      else if (byte === letterE || byte === capitalE) return notPlain;
      else break;
    }
    const wholeEnd = fractionStart < 0 ? at : fractionStart - 1;
    // `007`, `.5` and `5.` are no JSON.
    if (wholeEnd === first || fractionStart === at || (bytes[first] === zero && wholeEnd > first + 1)) return notPlain;
    if (at - first > digitsMax) return notPlain;
    this.#end = at;
    const size = fractionStart < 0 ? digits : digits / (powersOfTen[at - fractionStart] as number);
    return first === start ? size : -size;
  }
}

/** Whether a name is written as it is, and names no prototype. */
const isPlainName = (name: string): boolean => /^[ !#-[\]-~]*$/.test(name) && name !== '__proto__';

const afterBlanks = (bytes: Buffer, from: number): number => {
  let at = from;
  while (bytes[at] === blank) at++;
  return at;
};

const hasAt = (bytes: Buffer, at: number, part: Buffer): boolean => {
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
};
