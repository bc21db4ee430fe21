import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactValues, FactValuesRequest } from '../../src/domains/facts/engine.ts';
import { columnOf } from './enriched.ts';
import { askLasting } from './lasting-question.ts';
import type { QuestionServices } from './question.ts';

/** Reads dimensions of all facts, row by row as they arrive. */
export const readValues = async (
  services: QuestionServices,
  source: FactSource,
  { dimensions, asOf }: FactValuesRequest,
): Promise<readonly FactValues[]> => {
  const question = askLasting(services, source, { asOf, groupBy: dimensions, timeZone: 'UTC' });
  const { connection } = services;
  return question.run(async ({ facts, matching, sequence }) => {
    const counted = await connection.rows<[number]>(`SELECT count() FROM ${facts} WHERE seq <= ${sequence}`);
    const count = Number(counted[0]?.[0] ?? 0);
    const columns = dimensions.map(() => new CodedValues(count));
    let [rows, last] = [0, 0];
    const sql = `SELECT ${['seq', ...dimensions.map(columnOf)].join(', ')} ${matching} ORDER BY seq`;
    await connection.each<[number, ...(string | number)[]]>(sql, ([number, ...values]) => {
      const seq = Number(number);
      // One row too many, or too few, would shift the values of all facts that follow.
      if (seq <= last) throw new Error(`ClickHouse has the fact ${seq} more than once`);
      last = seq;
      for (const [index, column] of columns.entries()) column.set(rows, values[index] as string | number);
      rows += 1;
    });
    if (rows !== count) throw new Error(`ClickHouse has ${count} facts up to ${sequence}, of which it joined ${rows}`);
    return columns;
  });
};

/** Codes of values in the order in which they are met. */
class CodedValues implements FactValues {
  readonly codes: Uint32Array;
  readonly values: (string | number)[] = [];
  readonly #codeOf = new Map<string | number, number>();

  constructor(rows: number) {
    this.codes = new Uint32Array(rows);
  }

  set(row: number, value: string | number): void {
    let code = this.#codeOf.get(value);
    if (code === undefined) {
      code = this.values.push(value) - 1;
      this.#codeOf.set(value, code);
    }
    this.codes[row] = code;
  }
}
