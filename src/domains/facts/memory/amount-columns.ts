import { growableFloat64 } from '../../../indices/growable.ts';
import type { PositionPattern } from '../../../indices/number-column.ts';
import { PackedColumn } from '../../../indices/packed-column.ts';
import { exchangeColumns, type StateColumns } from '../../../indices/state-columns.ts';
import { decimalOf, millionthsOf } from '../../../lib/millionths.ts';

/** Amounts in millionths (`millionthsOf`), NaN for none. */
export interface AmountColumn {
  at(position: number): number;
  pushAll(amounts: Float64Array): void;
  /** Writes the amounts at some positions. */
  readAt(positions: Uint32Array, into: Float64Array, pattern?: PositionPattern): void;
  exchange(columns: StateColumns): void;
  readonly byteLength: number;
}

/** Fast to read. */
export const createAmountColumn = (): AmountColumn => {
  const amounts = growableFloat64();
  return {
    at: amounts.at,
    pushAll: amounts.pushAll,
    readAt: amounts.readAt,
    exchange: (columns) => amounts.exchange(columns, 'amount'),
    get byteLength() {
      return amounts.byteLength;
    },
  };
};

/** Stands for no amount: the millionths of an amount are fewer. It takes fewer bits than a NaN. */
const noMicros = 1_000_000;

/** As small as possible: whole units apart from millionths, of which mostly one takes no memory. */
export class PackedAmounts implements AmountColumn {
  readonly #units = new PackedColumn();
  readonly #micros = new PackedColumn();

  at(position: number): number {
    const micros = this.#micros.at(position);
    return micros === noMicros ? Number.NaN : millionthsOf({ units: this.#units.at(position), micros });
  }

  pushAll(amounts: Float64Array): void {
    for (let index = 0; index < amounts.length; index++) {
      const amount = amounts[index] as number;
      const { units, micros } = Number.isNaN(amount) ? { units: 0, micros: noMicros } : decimalOf(amount);
      this.#units.push(units);
      this.#micros.push(micros);
    }
  }

  readAt(positions: Uint32Array, into: Float64Array, pattern?: PositionPattern): void {
    const [first = 0] = positions;
    const isRun = pattern === 'RUN';
    for (let index = 0; index < positions.length; index++)
      into[index] = this.at(isRun ? first + index : (positions[index] as number));
  }

  exchange(columns: StateColumns): void {
    exchangeColumns(columns, { units: this.#units, micros: this.#micros });
  }

  get byteLength(): number {
    return this.#units.byteLength + this.#micros.byteLength;
  }
}
