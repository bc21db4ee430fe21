import { unknownLabel } from '../../format/labels.ts';
import type { ExperimentReportQuery } from '../../generated/graphql.ts';

export type Report = NonNullable<ExperimentReportQuery['monitor']>;
type Deployed = Report['deployment'][number];

export interface MatrixCell {
  readonly variant: string;
  readonly users: number;
  readonly events: number;
  /** Of the users of the row, 0 to 1. */
  readonly share: number;
  /** Null for a variant that is not planned. */
  readonly expected: number | null;
}

export interface MatrixRow {
  /** Null: all markets together. */
  readonly market: string | null;
  readonly cells: readonly MatrixCell[];
  /** Different users; a user of two variants counts once. */
  readonly users: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** `unknown` is the last. */
const inOrder = (names: Iterable<string>): string[] => {
  const known = [...new Set(names)].filter((name) => name !== unknownLabel).sort();
  return [...new Set(names)].includes(unknownLabel) ? [...known, unknownLabel] : known;
};

const emptyCell = (variant: string): MatrixCell => ({ variant, users: 0, events: 0, share: 0, expected: null });

const cellOf = ({ variant, userCount, eventCount, share, expectedShare }: Deployed): MatrixCell => ({
  variant,
  users: userCount,
  events: eventCount,
  share,
  expected: expectedShare,
});

/**
 * All markets together: users are of one market each, so the counts add up. The expected share is the mean of those of the
 * markets, weighted with their users; null where no market plans the variant.
 */
const totalRow = (rows: readonly MatrixRow[], variants: readonly string[]): MatrixRow => {
  const all = sum(rows.flatMap(({ cells }) => cells.map(({ users }) => users)));
  const cells = variants.map((variant, index): MatrixCell => {
    const own = rows.map((row) => row.cells[index] ?? emptyCell(variant));
    const users = sum(own.map((cell) => cell.users));
    const isPlanned = own.some(({ expected }) => expected !== null);
    const inMarkets = rows.map((row) => sum(row.cells.map((cell) => cell.users)));
    const expected = sum(own.map((cell, at) => (cell.expected ?? 0) * (inMarkets[at] ?? 0)));
    return {
      variant,
      users,
      events: sum(own.map(({ events }) => events)),
      share: all === 0 ? 0 : users / all,
      expected: isPlanned && all > 0 ? expected / all : null,
    };
  });
  return { market: null, cells, users: sum(rows.map(({ users }) => users)) };
};

export interface Matrix {
  readonly variants: readonly string[];
  /** A row for each market, then all together where there are several. */
  readonly rows: readonly MatrixRow[];
}

export const matrixOf = ({ deployment, markets }: Pick<Report, 'deployment' | 'markets'>): Matrix => {
  const variants = inOrder(deployment.map(({ variant }) => variant));
  const rows = inOrder(deployment.map(({ country }) => country)).map((market): MatrixRow => {
    const inMarket = deployment.filter(({ country }) => country === market);
    const cells = variants.map((variant) => {
      const deployed = inMarket.find((cell) => cell.variant === variant);
      return deployed ? cellOf(deployed) : emptyCell(variant);
    });
    return { market, cells, users: markets.find(({ country }) => country === market)?.userCount ?? 0 };
  });
  return { variants, rows: rows.length > 1 ? [...rows, totalRow(rows, variants)] : rows };
};
