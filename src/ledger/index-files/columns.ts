import type { ColumnArray, StateColumns } from '../../indices/state-columns.ts';
import { createYielder } from '../../lib/yielding.ts';

/** A column of an index by its name in the file. */
export interface CapturedColumn {
  readonly name: string;
  /** One after the other. */
  readonly parts: readonly ColumnArray[];
}

interface HandedColumn extends CapturedColumn {
  readonly isChanging: boolean;
}

/** Collects the columns that indices hand out. */
export class CapturedColumns implements StateColumns {
  readonly #columns: HandedColumn[];
  readonly #prefix: string;

  constructor(columns: HandedColumn[] = [], prefix = '') {
    this.#columns = columns;
    this.#prefix = prefix;
  }

  get names(): readonly string[] {
    return this.#columns.map(({ name }) => name);
  }

  fixed<A extends ColumnArray>(name: string, values: A): undefined {
    this.#add(name, [values], false);
  }

  changing<A extends ColumnArray>(name: string, parts: readonly A[]): undefined {
    this.#add(name, parts, true);
  }

  value<T>(name: string, value: T): undefined {
    this.#add(name, [new TextEncoder().encode(JSON.stringify(value))], false);
  }

  afterwards(): void {
    // The index goes on as it is.
  }

  within(name: string): StateColumns {
    return new CapturedColumns(this.#columns, `${this.#prefix}${name}/`);
  }

  /** Copies what may change, in slices; no record may be applied until it resolves. */
  async settled(): Promise<CapturedColumn[]> {
    const maybeYield = createYielder(undefined);
    const settled: CapturedColumn[] = [];
    for (const { name, parts, isChanging } of this.#columns)
      settled.push({ name, parts: isChanging ? await copied(parts, maybeYield) : parts });
    return settled;
  }

  #add(name: string, parts: readonly ColumnArray[], isChanging: boolean): void {
    this.#columns.push({ name: this.#prefix + name, parts, isChanging });
  }
}

/** Elements that are copied without looking at the clock: less than a millisecond. */
const elementsPerStep = 2 ** 17;

const copied = async (
  parts: readonly ColumnArray[],
  maybeYield: ReturnType<typeof createYielder>,
): Promise<ColumnArray[]> => {
  const copies: ColumnArray[] = [];
  for (const part of parts) {
    const copy = emptyLike(part);
    for (let start = 0; start < part.length; start += elementsPerStep) {
      await maybeYield();
      copy.set(part.subarray(start, start + elementsPerStep), start);
    }
    copies.push(copy);
  }
  return copies;
};

const emptyLike = <A extends ColumnArray>(array: A): A =>
  new (array.constructor as new (length: number) => A)(array.length);

/** Hands the columns of a file to the indices. */
export class LoadedColumns implements StateColumns {
  readonly #columns: ReadonlyMap<string, ColumnArray>;
  readonly #prefix: string;
  readonly #afterwards: (() => Generator<void, void>)[];

  constructor(
    columns: ReadonlyMap<string, ColumnArray>,
    prefix = '',
    afterwards: (() => Generator<void, void>)[] = [],
  ) {
    this.#columns = columns;
    this.#prefix = prefix;
    this.#afterwards = afterwards;
  }

  /** What the indices that have their columns are still to do. */
  *remainingSteps(): Generator<void, void> {
    for (const steps of this.#afterwards.splice(0)) yield* steps();
  }

  fixed<A extends ColumnArray>(name: string, values: A): A {
    const column = this.#column(name);
    if (column.constructor !== values.constructor) throw new Error(`column ${name} is a ${column.constructor.name}`);
    return column as A;
  }

  changing<A extends ColumnArray>(name: string): A {
    return this.#column(name) as A;
  }

  value<T>(name: string): T {
    return JSON.parse(new TextDecoder().decode(this.#column(name))) as T;
  }

  afterwards(steps: () => Generator<void, void>): void {
    this.#afterwards.push(steps);
  }

  within(name: string): StateColumns {
    return new LoadedColumns(this.#columns, `${this.#prefix}${name}/`, this.#afterwards);
  }

  #column(name: string): ColumnArray {
    const column = this.#columns.get(this.#prefix + name);
    if (!column) throw new Error(`there is no column ${this.#prefix}${name}`);
    return column;
  }
}
