import { RowOrder, type WalkStart } from '../../../indices/row-order.ts';
import { partitionPoint } from '../../../lib/partition-point.ts';
import { createYielder } from '../../../lib/yielding.ts';
import type { FactOrderField } from '../engine.ts';
import type { FactColumns } from './columns.ts';
import { comparisonBy } from './fact-list.ts';
import type { OrderedRows } from './walked-page.ts';

/** So many new rows are put in order while a page waits for them. */
const waitedRowsMax = 10_000;

/** The orders in which facts are listed. Each is made when a list first uses it, beside other work. */
export class PageOrders {
  readonly #columns: FactColumns;
  readonly #orders: Readonly<Record<Exclude<FactOrderField, 'RECEIVED_AT'>, FollowedOrder>>;

  constructor(columns: FactColumns) {
    this.#columns = columns;
    this.#orders = {
      OCCURRED_AT: new FollowedOrder(columns, 'OCCURRED_AT'),
      AMOUNT: new FollowedOrder(columns, 'AMOUNT'),
    };
  }

  /** The rows in an order, at least those below `rows`; undefined while so many are not in order yet that a scan is faster. */
  async of(field: FactOrderField, rows: number): Promise<OrderedRows | undefined> {
    return field === 'RECEIVED_AT' ? rowsAsRecorded(this.#columns.rows) : this.#orders[field].upTo(rows);
  }

  /** The same in the order of time. */
  async byTime(rows: number): Promise<RowOrder | undefined> {
    return this.#orders.OCCURRED_AT.upTo(rows);
  }
}

class FollowedOrder {
  readonly #columns: FactColumns;
  readonly #order: RowOrder;
  #extending: Promise<void> | undefined;

  constructor(columns: FactColumns, field: FactOrderField) {
    this.#columns = columns;
    this.#order = new RowOrder(comparisonBy(columns, field));
  }

  async upTo(rows: number): Promise<RowOrder | undefined> {
    if (this.#order.rows >= rows) return this.#order;
    const extending = this.#extend();
    if (rows - this.#order.rows > waitedRowsMax) return undefined;
    await extending;
    return this.#order.rows >= rows ? this.#order : this.upTo(rows);
  }

  #extend(): Promise<void> {
    this.#extending ??= this.#order.extendTo(this.#columns.rows, createYielder(undefined)).finally(() => {
      this.#extending = undefined;
    });
    return this.#extending;
  }
}

/** The order of recording is that of the rows themselves. */
const rowsAsRecorded = (rows: number): OrderedRows => ({
  *walk({ descending, isBefore }: WalkStart) {
    const from = partitionPoint(rows, isBefore);
    if (descending) for (let row = from - 1; row >= 0; row--) yield row;
    else for (let row = from; row < rows; row++) yield row;
  },
});
