export type ColumnArray = Float64Array | Int32Array | Uint32Array | Uint8Array;

/**
 * Through which an index hands its state out to a file, or takes it over from one: it names each of its columns once, for both
 * directions, so that the two cannot drift apart. While the state is handed out every call returns undefined; while it is
 * taken over, what the file holds. An index names the same columns whatever its state.
 */
export interface StateColumns {
  /** A column of which no element ever changes: an index that has to change one replaces the array. */
  fixed<A extends ColumnArray>(name: string, values: A): A | undefined;
  /** A column whose elements may change, in one array or several: they are copied before the next record is applied. */
  changing<A extends ColumnArray>(name: string, parts: readonly A[]): A | undefined;
  /** Anything small that JSON can hold. */
  value<T>(name: string, value: T): T | undefined;
  /**
   * What is to be done with the columns that were taken over, in short steps, before the first record is applied; nothing
   * while the state is handed out. Until then the part must not be used.
   */
  afterwards(steps: () => Generator<void, void>): void;
  /** The columns of a part; names are unique within it. */
  within(name: string): StateColumns;
}

/** What an index of which an interface hides the class does with its state. */
export interface HasState {
  exchange(columns: StateColumns): void;
}

/** Columns by the names that they have in the file. */
type NamedColumns = Readonly<Record<string, { exchange(columns: StateColumns, name: string): void }>>;

export const exchangeColumns = (state: StateColumns, columns: NamedColumns): void => {
  for (const [name, column] of Object.entries(columns)) column.exchange(state, name);
};

/** The same for parts that have columns of their own. */
export const exchangeParts = (state: StateColumns, parts: Readonly<Record<string, HasState>>): void => {
  for (const [name, part] of Object.entries(parts)) part.exchange(state.within(name));
};

/** The number of elements that a column from a file has room for: it is read into a buffer with some spare bytes. */
const capacityOf = ({ buffer, BYTES_PER_ELEMENT }: ColumnArray): number =>
  Math.floor(buffer.byteLength / BYTES_PER_ELEMENT);

/** A column from a file with its spare room. */
export const withSpare = <A extends ColumnArray>(column: A, capacity = capacityOf(column)): A => {
  const whole = column.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
  return new whole(column.buffer, 0, capacity);
};
