import { DomainError } from '../errors.ts';
import { parseExactJson, stringifyExact } from '../lib/exact-json.ts';
import { type ElementSink, JsonScanner } from './json-scan.ts';
import type { EnvelopeShape } from './source.ts';
import { refusedRecord, type SourceRecord } from './source.ts';

const openBracket = 91;

/** Finds out whether a JSON object that arrives in chunks is an envelope: an object with a list of records in it. */
export class EnvelopeDetector implements ElementSink {
  readonly #shape: EnvelopeShape;
  readonly #scanner = new JsonScanner('FIELDS', this);
  #key: string | null = null;
  #isRecord = false;
  #isBroken = false;
  isEnvelope = false;

  constructor(shape: EnvelopeShape) {
    this.#shape = shape;
  }

  /** The text that follows. */
  push(chunk: Buffer): void {
    if (this.#isBroken) return;
    try {
      this.#scanner.push(chunk);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#isBroken = true;
    }
  }

  /** Whether the object has ended, and nothing follows it. */
  get isComplete(): boolean {
    return !this.#isBroken && this.#scanner.isComplete;
  }

  /** Whether it is certain that the text is not one object. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  begin(_line: number, key: string | null): void {
    this.#key = key;
    if (key !== null && this.#shape.recordFields.includes(key)) this.#isRecord = true;
  }

  bytes(chunk: Buffer, start: number): void {
    if (this.#key === null) return;
    // A record may have a field of such a name; its own fields come first.
    if (chunk[start] === openBracket && this.#shape.lists.includes(this.#key) && !this.#isRecord)
      this.isEnvelope = true;
    this.#key = null;
  }

  end(): void {}
}

/** What is in an envelope. */
export interface EnvelopeContent {
  /** The texts of its lists, in order. */
  readonly lists: readonly Buffer[];
  /** Its fields that are meant for each record. */
  readonly shared: Readonly<Record<string, unknown>>;
  /** The names of its other fields. */
  readonly ignored: readonly string[];
  /** Why it was not read to its end, unless one of the lists was cut off. */
  readonly fault: string | null;
}

/** Reads the fields of an envelope, as far as its structure is valid. */
export const openEnvelope = (
  text: Buffer,
  { lists: listNames, shared: sharedNames }: EnvelopeShape,
): EnvelopeContent => {
  const lists: Buffer[] = [];
  const shared: Record<string, unknown> = {};
  const ignored = new Set<string>();
  let parts: Buffer[] = [];
  let key = '';
  let isOpen = false;
  const isList = (): boolean => listNames.includes(key) && parts[0]?.[0] === openBracket;
  const scanner = new JsonScanner('FIELDS', {
    begin(_line, name) {
      key = name ?? '';
      parts = [];
      isOpen = true;
    },
    bytes: (chunk, start, end) => void parts.push(chunk.subarray(start, end)),
    end() {
      isOpen = false;
      if (isList()) lists.push(Buffer.concat(parts));
      else if (sharedNames.includes(key)) shared[key] = parsed(Buffer.concat(parts).toString());
      else ignored.add(key);
    },
  });
  let fault: string | null = null;
  try {
    scanner.push(text);
    scanner.finish();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (isOpen && isList()) lists.push(Buffer.concat(parts));
    else fault = error.message;
  }
  return { lists, shared, ignored: [...ignored], fault };
};

/** A value that is not valid JSON stays as it is, and is refused with each record. */
const parsed = (text: string): unknown => {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
};

/** A record with the fields of its envelope that it has not itself. */
export const withShared = (record: SourceRecord, shared: Readonly<Record<string, unknown>>): SourceRecord => {
  if (record.problems) return record;
  const missing = Object.entries(shared).filter(([name]) => (record.value[name] ?? '') === '');
  if (missing.length === 0) return record;
  const value = { ...record.value, ...Object.fromEntries(missing) };
  return { line: record.line, raw: stringifyExact(value), value };
};

/** The record that says why an envelope was not read to its end. */
export const faultRecord = (fault: string): SourceRecord =>
  refusedRecord(1, '', 'MALFORMED', `the envelope is broken: ${fault}; nothing after it was read`);
