import { jsonDepthMax } from '../lib/exact-json.ts';
import { notATable } from './source.ts';

/** Told of each element of a list, in parts when it spans chunks. */
export interface ElementSink {
  /** `key` names the list the element is in, null in a plain array. */
  begin(line: number, key: string | null): void;
  bytes(chunk: Buffer, start: number, end: number): void;
  end(): void;
}

/** `LIST` is `[element, …]`, `LISTS_BY_KEY` is `{"key": [element, …], …}`. */
export type JsonLayout = 'LIST' | 'LISTS_BY_KEY';

export interface JsonScanner {
  push(chunk: Buffer): void;
  finish(): void;
}

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
  | 'ELEMENT_OR_END'
  | 'ELEMENT'
  | 'COMMA_OR_END'
  | 'COMMA_OR_CLOSE'
  | 'NOTHING';

/**
 * Finds where the elements of a JSON text begin and end without parsing them: it follows strings, escapes and brackets
 * only (RFC 8259). `push` and `finish` throw NOT_A_TABLE when that structure is broken, so a text scanned to its end is
 * sound but for single elements.
 */
export const createJsonScanner = (layout: JsonLayout, sink: ElementSink): JsonScanner => {
  let expecting: Expecting = 'ROOT';
  let inside: 'GAP' | 'KEY' | 'NESTED' | 'STRING' | 'SCALAR' = 'GAP';
  let line = 1;
  let key: string | null = null;
  let keyText = '';
  let depth = 0;
  let inString = false;
  let escaped = false;
  // Whether each open level is an object. Deeper ones are counted only: their record is refused when parsed.
  const isObjectAt = new Uint8Array(jsonDepthMax + 2);

  const broken = (what: string) => notATable(`the JSON is broken at line ${line}: ${what}`);

  const isBetween = (): boolean => inside === 'GAP';

  /** From inside a string: the index after its closing quote, or the end of the chunk. */
  const skipString = (chunk: Buffer, from: number): number => {
    let index = from;
    for (; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (byte === 10) line += 1;
      if (escaped) escaped = false;
      else if (byte === backslash) escaped = true;
      else if (byte === quote) {
        inString = false;
        return index + 1;
      }
    }
    return index;
  };

  /** From inside an object or array: the index after its closing bracket, or the end of the chunk. */
  const skipNested = (chunk: Buffer, from: number): number => {
    let index = from;
    while (index < chunk.length) {
      if (inString) {
        index = skipString(chunk, index);
        continue;
      }
      const byte = chunk[index] as number;
      index += 1;
      if (byte === quote) inString = true;
      else if (byte === openBrace || byte === openBracket) {
        depth += 1;
        if (depth <= jsonDepthMax) isObjectAt[depth] = byte === openBrace ? 1 : 0;
      } else if (byte === closeBrace || byte === closeBracket) {
        const matches = depth > jsonDepthMax || isObjectAt[depth] === (byte === closeBrace ? 1 : 0);
        if (!matches) throw broken(`unexpected ${String.fromCharCode(byte)}`);
        depth -= 1;
        if (depth === 0) {
          inside = 'GAP';
          return index;
        }
      } else if (byte === 10) line += 1;
    }
    return index;
  };

  const skipScalar = (chunk: Buffer, from: number): number => {
    for (let index = from; index < chunk.length; index += 1) {
      const byte = chunk[index] as number;
      if (byte === comma || byte === closeBracket || isSpace(byte)) {
        inside = 'GAP';
        return index;
      }
    }
    return chunk.length;
  };

  const skipElement = (chunk: Buffer, from: number): number => {
    if (inside === 'NESTED') return skipNested(chunk, from);
    if (inside === 'SCALAR') return skipScalar(chunk, from);
    const end = skipString(chunk, from);
    if (!inString) inside = 'GAP';
    return end;
  };

  const readKey = (chunk: Buffer, from: number): number => {
    const end = skipString(chunk, from);
    keyText += chunk.toString('latin1', from, end);
    if (keyText.length > keyBytesMax) throw broken(`a key is over ${keyBytesMax} bytes`);
    if (inString) return end;
    const bytes = Buffer.from(`"${keyText}`, 'latin1');
    try {
      key = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as string;
    } catch {
      throw broken('a key is not valid text');
    }
    inside = 'GAP';
    expecting = 'COLON';
    return end;
  };

  const beginElement = (byte: number): void => {
    sink.begin(line, key);
    expecting = 'COMMA_OR_END';
    inString = byte === quote;
    if (byte === openBrace || byte === openBracket) {
      inside = 'NESTED';
      depth = 1;
      isObjectAt[1] = byte === openBrace ? 1 : 0;
    } else inside = inString ? 'STRING' : 'SCALAR';
  };

  const endList = (): void => {
    expecting = layout === 'LIST' ? 'NOTHING' : 'COMMA_OR_CLOSE';
  };

  /** Takes one byte between elements; true when an element begins with it. */
  const takeGap = (byte: number): boolean => {
    if (expecting === 'ROOT' && byte === (layout === 'LIST' ? openBracket : openBrace)) {
      expecting = layout === 'LIST' ? 'ELEMENT_OR_END' : 'KEY_OR_END';
    } else if ((expecting === 'KEY_OR_END' || expecting === 'KEY') && byte === quote) {
      inside = 'KEY';
      inString = true;
      keyText = '';
    } else if (expecting === 'COLON' && byte === colon) expecting = 'LIST';
    else if (expecting === 'LIST' && byte === openBracket) expecting = 'ELEMENT_OR_END';
    else if (expecting === 'LIST') throw broken(`expected a list after ${JSON.stringify(key)}`);
    else if ((expecting === 'ELEMENT_OR_END' || expecting === 'COMMA_OR_END') && byte === closeBracket) endList();
    else if (expecting === 'COMMA_OR_END' && byte === comma) expecting = 'ELEMENT';
    else if (expecting === 'COMMA_OR_CLOSE' && byte === comma) expecting = 'KEY';
    else if ((expecting === 'KEY_OR_END' || expecting === 'COMMA_OR_CLOSE') && byte === closeBrace)
      expecting = 'NOTHING';
    else if (expecting === 'NOTHING') throw broken('there is more text after its end');
    else if (expecting === 'COMMA_OR_END') throw broken('a comma is missing between two elements');
    else if ((expecting === 'ELEMENT_OR_END' || expecting === 'ELEMENT') && byte !== comma && byte !== closeBracket) {
      return true;
    } else throw broken(`unexpected ${String.fromCharCode(byte)}`);
    return false;
  };

  return {
    push(chunk) {
      let index = 0;
      while (index < chunk.length) {
        if (inside === 'KEY') {
          index = readKey(chunk, index);
          continue;
        }
        let start = index;
        if (isBetween()) {
          const byte = chunk[index] as number;
          index += 1;
          if (byte === 10) line += 1;
          if (isSpace(byte) || !takeGap(byte)) continue;
          start = index - 1;
          beginElement(byte);
        }
        index = skipElement(chunk, index);
        sink.bytes(chunk, start, index);
        if (isBetween()) sink.end();
      }
    },
    finish() {
      if (expecting !== 'NOTHING') throw broken('it ends too early, the file is perhaps cut off');
    },
  };
};
