import type { Terminal } from '../../terminal.ts';

/** Says on stderr how many rows an answer leaves out because of misfits; nothing where there are none. */
export const reportExcluded = (terminal: Terminal, count: number): void => {
  if (count === 0) return;
  const what = count === 1 ? 'in 1 row a cell was' : `in ${count} rows a cell was`;
  terminal.printError(
    `asof: ${what} left out because its text does not fit the type of its column; --where COLUMN__ismisfit=true finds them`,
  );
};
