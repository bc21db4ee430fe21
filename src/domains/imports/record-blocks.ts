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

/** A record that another thread has read: its text is made when it is needed, which is for rejects only. */
export class ReadRecord {
  readonly line: number;
  /** Undefined for one that is refused. */
  readonly read: unknown;
  readonly problems: FieldProblem[] | undefined;
  readonly #raws: Uint8Array;
  readonly #start: number;
  readonly #end: number;

  constructor(
    { lines, raws, ends }: RecordBlock,
    index: number,
    { read, problems }: { read?: unknown; problems?: FieldProblem[] | undefined },
  ) {
    this.line = lines[index] as number;
    this.read = read;
    this.problems = problems;
    this.#raws = raws;
    this.#start = index === 0 ? 0 : (ends[index - 1] as number);
    this.#end = ends[index] as number;
  }

  get raw(): string {
    return Buffer.from(this.#raws.buffer, this.#raws.byteOffset, this.#raws.byteLength).toString(
      'utf8',
      this.#start,
      this.#end,
    );
  }

  /** How many bytes its text has. */
  get size(): number {
    return this.#end - this.#start;
  }
}

export const unpackRecords = ({ blocks }: Pick<BlockImporter, 'blocks'>, block: RecordBlock): ReadRecord[] => {
  const values = blocks.unpack(block.values);
  const records: ReadRecord[] = [];
  let valueIndex = 0;
  let refusedIndex = 0;
  for (let index = 0; index < block.lines.length; index++) {
    const refused = block.refused[refusedIndex];
    if (refused?.index === index) {
      refusedIndex++;
      records.push(new ReadRecord(block, index, { problems: refused.problems }));
    } else records.push(new ReadRecord(block, index, { read: values[valueIndex++] }));
  }
  return records;
};
