import { spawnSync } from 'node:child_process';
import type { DuckDBConnection } from '@duckdb/node-api';

/** What answers the questions. */
export interface Answerers {
  /** The URL of the server. */
  readonly url: string;
  readonly duckdb: DuckDBConnection;
  /** The database file of the sqlite3 command; null without the command. */
  readonly sqlite: string | null;
}

export interface Question {
  readonly title: string;
  /** Each round asks for something else, which nobody has asked before; the answers of all are numbers to compare. */
  ours(round: number): Promise<number>;
  theirs(round: number): Promise<number>;
  /** Null where SQLite has no function for it. */
  sqlites: ((round: number) => number) | null;
}

/** So many rounds. */
export const rounds = 5;

const needles = ['zanzibar', 'zanziba', 'anzibar', 'zanzib', 'nzibar'];
const profiled = ['price', 'quantity', 'name', 'day', 'ratio'];

const facetSql = (round: number): string =>
  `select sum(n) from (select city, count(*) as n from rows where price >= ${round} group by city order by n desc, city limit 50)`;

/** Pages are of prices above this and the round; both kinds of pages have filters of their own. */
const pricesFrom = { beforeCopy: 950, afterCopy: 900 };

const pageSql = (price: number): readonly string[] => {
  const condition = `price > ${price} and active = 'TRUE'`;
  return [
    `select * from rows where ${condition} order by price desc, day limit 50`,
    `select count(*) from rows where ${condition}`,
  ];
};

const profileSql = (column: string): readonly string[] => [
  ...(['price', 'quantity', 'ratio'].includes(column)
    ? [
        `select avg(${column}), median(${column}) from rows`,
        `select floor(${column} / 7) as bin, count(*) from rows group by bin`,
      ]
    : []),
  `select ${column}, count(*) as n from rows group by ${column} order by n desc, ${column} limit 10`,
  `select min(${column}), max(${column}) from rows`,
  `select count(distinct ${column}) from rows`,
];

interface Group {
  readonly measures: readonly number[];
}

/** What the questions are asked with. */
const asking = ({ url, duckdb, sqlite }: Answerers) => {
  const json = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).json();
  const total = async (query: string): Promise<number> =>
    ((await json(`/datasets/rows?${query}`)) as { total: number }).total;
  /** The first cell of the last row of the last statement. */
  const ask = async (...statements: readonly string[]): Promise<number> => {
    let cell: unknown;
    for (const sql of statements) cell = (await duckdb.runAndReadAll(sql)).getRows().at(-1)?.[0];
    return Number(cell ?? 0);
  };
  const askSqlite = (...statements: readonly string[]): number => {
    const { stdout } = spawnSync('sqlite3', ['-readonly', sqlite as string, ...statements], { encoding: 'utf8' });
    return Number(stdout.trim().split('\n').at(-1));
  };
  const bySqlite = (sqlOf: (round: number) => readonly string[]) =>
    sqlite === null ? null : (round: number) => askSqlite(...sqlOf(round));
  const page = (title: string, from: number): Question => ({
    title,
    ours: (round) => total(`price__gt=${from + round}&active=true&_sort=-price,day&_first=50`),
    theirs: (round) => ask(...pageSql(from + round)),
    sqlites: bySqlite((round) => pageSql(from + round)),
  });
  return { json, total, ask, bySqlite, page };
};

/** A page like the one below, with filters of its own: of a server that has no copy of the dataset in memory. */
export const pageBeforeCopy = (answerers: Answerers): Question =>
  asking(answerers).page('the page below, before the copy', pricesFrom.beforeCopy);

export const questionsOf = (answerers: Answerers): Question[] => {
  const { json, total, ask, bySqlite, page } = asking(answerers);
  const { duckdb } = answerers;
  return [
    {
      title: 'rare text in a column',
      ours: (round) => total(`note=${needles[round]}&_first=50`),
      theirs: (round) => ask(`select count(*) from rows where note ilike '%${needles[round]}%'`),
      sqlites: bySqlite((round) => [`select count(*) from rows where note like '%${needles[round]}%'`]),
    },
    page('filtered and sorted page', pricesFrom.afterCopy),
    {
      title: 'groups with count, sum, median',
      ours: async (round) => {
        const query = `{ dataset(name: "rows") { aggregate(
          where: { column: { name: "quantity", test: { gte: "${round}" } } }, groupBy: [{ column: "city" }], first: 1000
          measures: [{ function: COUNT }, { function: SUM, column: "quantity" }, { function: MEDIAN, column: "price" }]
        ) { nodes { measures } } } }`;
        const headers = { 'content-type': 'application/json' };
        const answer = await json('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) });
        const { nodes } = (answer as { data: { dataset: { aggregate: { nodes: Group[] } } } }).data.dataset.aggregate;
        return nodes.reduce((sum, { measures }) => sum + (measures[1] ?? 0), 0);
      },
      // All groups with all measures, as ours: what a statement does not return DuckDB does not compute.
      theirs: async (round) => {
        const groups = await duckdb.runAndReadAll(
          `select city, count(*), sum(quantity), median(price) from rows where quantity >= ${round} group by city order by city`,
        );
        return groups.getRows().reduce((sum, [, , quantity]) => sum + Number(quantity), 0);
      },
      sqlites: null,
    },
    {
      title: 'facet of a column',
      ours: async (round) => {
        const answer = await json(`/datasets/rows/facets?_columns=city&_first=50&price__gte=${round}`);
        const [facet] = (answer as { facets: { values: { count: number }[] }[] }).facets;
        return facet?.values.reduce((sum, { count }) => sum + count, 0) ?? 0;
      },
      theirs: (round) => ask(facetSql(round)),
      sqlites: bySqlite((round) => [facetSql(round)]),
    },
    {
      title: 'profile of a column',
      ours: async (round) => {
        const answer = await json(`/datasets/rows/profile?_columns=${profiled[round]}`);
        return (answer as { columns: { distinct: number }[] }).columns[0]?.distinct ?? 0;
      },
      theirs: (round) => ask(...profileSql(profiled[round] as string)),
      sqlites: null,
    },
  ];
};
