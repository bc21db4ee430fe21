import { type CellParser, type ColumnPlan, type ColumnType, cellKinds, kindCount } from '../../src/lib/cells.ts';

/** So large a share of a column's cells must be of a type for the column to be of it; the others are kept as they came. */
const fittingShareMin = 0.9;

/** What the cells of a column look like, all together. */
export class TypeStats {
  readonly #counts = new Float64Array(kindCount);
  #scaleMax = 0;
  #wholeDigitsMax = 0;

  /** Takes note of a cell that is not empty and has just been judged. */
  add(kind: number, judged: CellParser): void {
    this.#counts[kind] = (this.#counts[kind] as number) + 1;
    if (kind > cellKinds.decimal) return;
    if (judged.scale > this.#scaleMax) this.#scaleMax = judged.scale;
    if (judged.wholeDigits > this.#wholeDigitsMax) this.#wholeDigitsMax = judged.wholeDigits;
  }

  /** The narrowest type that nearly all cells fit, or how `asked` is kept. */
  plan(asked: ColumnType | undefined): ColumnPlan {
    const type = asked ?? this.#narrowest();
    const isDecimal = type === 'DECIMAL';
    // One that was asked for in spite of its digits keeps what 18 of them hold.
    const scale = isDecimal ? Math.min(this.#scaleMax, 18) : 0;
    const wide = type === 'INTEGER' ? this.#count('wide') > 0 : isDecimal && this.#wholeDigitsMax + scale > 15;
    return { type, scale, wide, isExplicit: asked !== undefined };
  }

  #count(...kinds: (keyof typeof cellKinds)[]): number {
    return kinds.reduce((sum, kind) => sum + (this.#counts[cellKinds[kind]] as number), 0);
  }

  #narrowest(): ColumnType {
    const all = this.#counts.reduce((sum, count) => sum + count, 0);
    const fits = (count: number): boolean => all > 0 && count >= all * fittingShareMin;
    // A single 0042 says that these are names, not numbers.
    if (this.#count('code') === 0 && fits(this.#count('integer', 'wide', 'decimal', 'float'))) {
      if (this.#count('float') > 0) return 'FLOAT';
      if (this.#count('decimal') === 0) return 'INTEGER';
      return this.#wholeDigitsMax + this.#scaleMax <= 18 ? 'DECIMAL' : 'FLOAT';
    }
    if (fits(this.#count('boolean'))) return 'BOOLEAN';
    if (fits(this.#count('date'))) return 'DATE';
    if (fits(this.#count('date', 'dateTime'))) return 'DATE_TIME';
    if (fits(this.#count('list'))) return 'STRING_LIST';
    return 'STRING';
  }
}

export const samePlan = (a: ColumnPlan, b: ColumnPlan): boolean =>
  a.type === b.type && a.scale === b.scale && a.wide === b.wide;
