import type { FieldProblem } from '../../errors.ts';
import type { Importer, RecordBlocks } from '../../ledger/record.ts';
import type { SourceRecord } from '../../sources/source.ts';

/** Records that another thread has read, as it sends them. */
export interface RecordBlock {
  readonly lines: Float64Array;
  /** The texts of all records behind each other, and where each ends. */
  readonly raws: Uint8Array;
  readonly ends: Uint32Array;
  /** Of the records that are refused, by their indices, in order. */
  readonly refused: readonly { readonly index: number; readonly problems: FieldProblem[] }[];
  /** The values of the others. */
  readonly values: unknown;
}

/** An importer whose records can be read in another thread. */
export type BlockImporter = Pick<Importer, 'read'> & { readonly blocks: RecordBlocks<unknown> };

const encoder = new TextEncoder();

/** Reads and checks records of the wire format. */
export const packRecords = ({ read, blocks }: BlockImporter, records: readonly SourceRecord[]): RecordBlock => {
  const lines = new Float64Array(records.length);
  const refused: { index: number; problems: FieldProblem[] }[] = [];
  const values: unknown[] = [];
  const texts: string[] = [];
  for (let index = 0; index < records.length; index++) {
    const record = records[index] as SourceRecord;
    lines[index] = record.line;
    texts.push(record.raw);
    const { value, problems } = record.problems ? record : read(record.value, {});
    if (problems) refused.push({ index, problems });
    else values.push(value);
  }
  const raws = encoder.encode(texts.join(''));
  return { lines, raws, ends: endsOf(texts, raws.length), refused, values: blocks.pack(values) };
};

/** Where the bytes of each text end. */
const endsOf = (texts: readonly string[], bytes: number): Uint32Array => {
  const ends = new Uint32Array(texts.length);
  const fill = (lengthOf: (text: string) => number): number => {
    let end = 0;
    for (let index = 0; index < texts.length; index++) {
      end += lengthOf(texts[index] as string);
      ends[index] = end;
    }
    return end;
  };
  // As many characters as bytes: each of them is one.
  if (fill((text) => text.length) !== bytes) fill((text) => Buffer.byteLength(text));
  return ends;
};

/** A block whose values are made when the first of them is needed: many blocks wait for their transaction. */
class ReadBlock {
  readonly received: RecordBlock;
  readonly #blocks: RecordBlocks<unknown>;
  #values: readonly unknown[] | undefined;

  constructor(received: RecordBlock, blocks: RecordBlocks<unknown>) {
    this.received = received;
    this.#blocks = blocks;
  }

  valueAt(index: number): unknown {
    this.#values ??= this.#blocks.unpack(this.received.values);
    return this.#values[index];
  }

  startOf(index: number): number {
    return index === 0 ? 0 : (this.received.ends[index - 1] as number);
  }

  endOf(index: number): number {
    return this.received.ends[index] as number;
  }
}

/** A record that another thread has read. */
export class ReadRecord {
  /** Absent for one that has a value. */
  readonly problems: FieldProblem[] | undefined;
  readonly #block: ReadBlock;
  readonly #index: number;
  /** Its position among those that have a value. */
  readonly #valueIndex: number;

  constructor(block: ReadBlock, index: number, valueIndex: number, problems: FieldProblem[] | undefined) {
    this.problems = problems;
    this.#block = block;
    this.#index = index;
    this.#valueIndex = valueIndex;
  }

  get read(): unknown {
    return this.problems ? undefined : this.#block.valueAt(this.#valueIndex);
  }

  get line(): number {
    return this.#block.received.lines[this.#index] as number;
  }

  /** Made when it is needed, which is for rejects only. */
  get raw(): string {
    const { buffer, byteOffset, byteLength } = this.#block.received.raws;
    const raws = Buffer.from(buffer, byteOffset, byteLength);
    return raws.toString('utf8', this.#block.startOf(this.#index), this.#block.endOf(this.#index));
  }

  /** How many bytes its text has. */
  get size(): number {
    return this.#block.endOf(this.#index) - this.#block.startOf(this.#index);
  }
}

export const unpackRecords = ({ blocks }: Pick<BlockImporter, 'blocks'>, received: RecordBlock): ReadRecord[] => {
  const block = new ReadBlock(received, blocks);
  const records: ReadRecord[] = [];
  let refused = 0;
  for (let index = 0; index < received.lines.length; index++) {
    const next = received.refused[refused];
    const problems = next?.index === index ? next.problems : undefined;
    records.push(new ReadRecord(block, index, index - refused, problems));
    if (problems) refused++;
  }
  return records;
};
