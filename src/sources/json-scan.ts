import { jsonDepthMax } from '../lib/exact-json.ts';
import { notATable } from './source.ts';

/** Receives each element of a list, in parts when it spans chunks. */
export interface ElementSink {
  /** `key` names the list that holds the element, null in a plain array. */
  begin(line: number, key: string | null): void;
  bytes(chunk: Buffer, start: number, end: number): void;
  end(): void;
}

/** `LIST` is `[element, …]`, `LISTS_BY_KEY` is `{"key": [element, …], …}`, `FIELDS` is `{"key": element, …}`. */
export type JsonLayout = 'LIST' | 'LISTS_BY_KEY' | 'FIELDS';

const keyBytesMax = 4096;

const quote = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

const isSpace = (byte: number): boolean => byte === 32 || byte === 10 || byte === 13 || byte === 9;

type Expecting =
  | 'ROOT'
  | 'KEY_OR_END'
  | 'KEY'
  | 'COLON'
  | 'LIST'
  | 'VALUE'
  | 'ELEMENT_OR_END'
  | 'ELEMENT'
  | 'COMMA_OR_END'
  | 'COMMA_OR_CLOSE'
  | 'NOTHING';

/**
 * Finds where the elements of a JSON text begin and end without parsing them: it follows strings, escapes and brackets
 * only (RFC 8259). `push` and `finish` throw NOT_A_TABLE when that structure is broken. A text that was scanned to its
 * end can contain invalid elements, but its structure is valid.
 */
export class JsonScanner {
  readonly #layout: JsonLayout;
  readonly #sink: ElementSink;
  /** The bracket that may follow a scalar. */
  readonly #scalarEnd: number;
  #expecting: Expecting = 'ROOT';
  #inside: 'GAP' | 'KEY' | 'NESTED' | 'STRING' | 'SCALAR' = 'GAP';
  #line = 1;
  #key: string | null = null;
  #keyText = '';
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** Whether each open level is an object. Deeper levels are only counted: their record is rejected when it is parsed. */
  readonly #isObjectAt = new Uint8Array(jsonDepthMax + 2);

  constructor(layout: JsonLayout, sink: ElementSink) {
    this.#layout = layout;
    this.#sink = sink;
    this.#scalarEnd = layout === 'FIELDS' ? closeBrace : closeBracket;
  }

  push(chunk: Buffer): void {
    let index = 0;
    while (index < chunk.length) {
      if (this.#inside === 'KEY') {
        index = this.#readKey(chunk, index);
        continue;
      }
      let start = index;
      if (this.#inside === 'GAP') {
        const byte = chunk[index] as number;
        index += 1;
        if (byte === 10) this.#line += 1;
        if (isSpace(byte) || !this.#readGap(byte)) continue;
        start = index - 1;
        this.#beginElement(byte);
      }
      index = this.#skipElement(chunk, index);
      this.#sink.bytes(chunk, start, index);
      if (this.#isInGap()) this.#sink.end();
    }
  }

  /** Whether the text may end here. */
  get isComplete(): boolean {
    return this.#expecting === 'NOTHING';
  }

  finish(): void {
    if (this.#expecting !== 'NOTHING') throw this.#broken('it ends too early; the file may be truncated');
  }

  #broken(what: string): Error {
    return notATable(`the JSON is broken at line ${this.#line}: ${what}`);
  }

  #isInGap(): boolean {
    return this.#inside === 'GAP';
  }

  /** From inside a string: the index after its closing quote, or the end of the chunk. */
  #skipString(chunk: Buffer, from: number): number {
    let escaped = this.#escaped;
    let index = from;
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (byte === 10) this.#line += 1;
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) {
        this.#inString = false;
        index += 1;
        break;
      }
    }
    this.#escaped = escaped;
    return index;
  }

  /** From inside an object or array: the index after its closing bracket, or the end of the chunk. */
  #skipNested(chunk: Buffer, from: number): number {
    let index = from;
    while (index < chunk.length) {
      if (this.#inString) {
        index = this.#skipString(chunk, index);
        continue;
      }
      const byte = chunk[index] as number;
      index += 1;
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) this.#openLevel(byte);
      else if (byte === closeBrace || byte === closeBracket) {
        this.#closeLevel(byte);
        if (this.#depth === 0) {
          this.#inside = 'GAP';
          return index;
        }
      } else if (byte === 10) this.#line += 1;
    }
    return index;
  }

  #openLevel(bracket: number): void {
    this.#depth += 1;
    if (this.#depth <= jsonDepthMax) this.#isObjectAt[this.#depth] = bracket === openBrace ? 1 : 0;
  }

  #closeLevel(bracket: number): void {
    const matches = this.#depth > jsonDepthMax || this.#isObjectAt[this.#depth] === (bracket === closeBrace ? 1 : 0);
    if (!matches) throw this.#broken(`unexpected ${String.fromCharCode(bracket)}`);
    this.#depth -= 1;
  }

  #skipScalar(chunk: Buffer, from: number): number {
    for (let index = from; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (byte === comma || byte === this.#scalarEnd || isSpace(byte)) {
        this.#inside = 'GAP';
        return index;
      }
    }
    return chunk.length;
  }

  #skipElement(chunk: Buffer, from: number): number {
    if (this.#inside === 'NESTED') return this.#skipNested(chunk, from);
    if (this.#inside === 'SCALAR') return this.#skipScalar(chunk, from);
    const end = this.#skipString(chunk, from);
    if (!this.#inString) this.#inside = 'GAP';
    return end;
  }

  #readKey(chunk: Buffer, from: number): number {
    const end = this.#skipString(chunk, from);
    this.#keyText += chunk.toString('latin1', from, end);
    if (this.#keyText.length > keyBytesMax) throw this.#broken(`a key is over ${keyBytesMax} bytes`);
    if (this.#inString) return end;
    const bytes = Buffer.from(`"${this.#keyText}`, 'latin1');
    try {
      this.#key = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as string;
    } catch {
      throw this.#broken('a key is not valid text');
    }
    this.#inside = 'GAP';
    this.#expecting = 'COLON';
    return end;
  }

  #beginElement(byte: number): void {
    this.#sink.begin(this.#line, this.#key);
    this.#expecting = this.#layout === 'FIELDS' ? 'COMMA_OR_CLOSE' : 'COMMA_OR_END';
    this.#inString = byte === quote;
    if (byte === openBrace || byte === openBracket) {
      this.#inside = 'NESTED';
      this.#depth = 0;
      this.#openLevel(byte);
    } else this.#inside = this.#inString ? 'STRING' : 'SCALAR';
  }

  /** Reads one byte between elements; true when an element begins with it. */
  #readGap(byte: number): boolean {
    const isList = this.#layout === 'LIST';
    const expecting = this.#expecting;
    if (expecting === 'ROOT' && byte === (isList ? openBracket : openBrace))
      this.#expecting = isList ? 'ELEMENT_OR_END' : 'KEY_OR_END';
    else if ((expecting === 'KEY_OR_END' || expecting === 'KEY') && byte === quote) {
      this.#inside = 'KEY';
      this.#inString = true;
      this.#keyText = '';
    } else if (expecting === 'COLON' && byte === colon) this.#expecting = this.#layout === 'FIELDS' ? 'VALUE' : 'LIST';
    else if (expecting === 'VALUE' && byte !== comma && byte !== closeBrace && byte !== closeBracket) return true;
    else if (expecting === 'LIST' && byte === openBracket) this.#expecting = 'ELEMENT_OR_END';
    else if (expecting === 'LIST') throw this.#broken(`expected a list after ${JSON.stringify(this.#key)}`);
    else if ((expecting === 'ELEMENT_OR_END' || expecting === 'COMMA_OR_END') && byte === closeBracket)
      this.#expecting = isList ? 'NOTHING' : 'COMMA_OR_CLOSE';
    else if (expecting === 'COMMA_OR_END' && byte === comma) this.#expecting = 'ELEMENT';
    else if (expecting === 'COMMA_OR_CLOSE' && byte === comma) this.#expecting = 'KEY';
    else if ((expecting === 'KEY_OR_END' || expecting === 'COMMA_OR_CLOSE') && byte === closeBrace)
      this.#expecting = 'NOTHING';
    else if (expecting === 'NOTHING') throw this.#broken('there is more text after its end');
    else if (expecting === 'COMMA_OR_END') throw this.#broken('a comma is missing between two elements');
    else if ((expecting === 'ELEMENT_OR_END' || expecting === 'ELEMENT') && byte !== comma && byte !== closeBracket) {
      return true;
    } else throw this.#broken(`unexpected ${String.fromCharCode(byte)}`);
    return false;
  }
}
