import type { DuckDBPreparedStatement } from '@duckdb/node-api';
import { DomainError } from '../../../src/errors.ts';
import type { SqlParameters, SqlParameterValue } from '../../../src/lib/sql-parameters.ts';
import { duckdbLibrary } from '../duckdb-library.ts';

/** Binds the parameters of a statement. Throws BAD_REQUEST for one that it does not have and for one that is missing. */
export const bindParameters = (statement: DuckDBPreparedStatement, parameters: SqlParameters): void => {
  const names = Array.from({ length: statement.parameterCount }, (_each, at) => statement.parameterName(at + 1));
  const bound = new Set<string>();
  for (const [name, value] of parameters) {
    const index = names.indexOf(name) + 1;
    if (index === 0) throw new DomainError('BAD_REQUEST', `the query has no parameter $${name}${hint(names)}`);
    if (bound.has(name)) throw new DomainError('BAD_REQUEST', `the parameter $${name} is there twice`);
    bound.add(name);
    bind(statement, index, value);
  }
  const missing = names.find((name) => !bound.has(name));
  if (missing !== undefined) throw new DomainError('BAD_REQUEST', `the value of the parameter $${missing} is missing`);
};

const hint = (names: readonly string[]): string =>
  names.length === 0 ? '; it has none' : `; it has ${names.map((name) => `$${name}`).join(', ')}`;

/** The type that the query expects, or an empty text where any type will do. */
const expectedType = (statement: DuckDBPreparedStatement, index: number): string => {
  try {
    return String(statement.parameterType(index));
  } catch {
    return '';
  }
};

const bind = (statement: DuckDBPreparedStatement, index: number, value: SqlParameterValue): void => {
  const type = expectedType(statement, index);
  if (value === null) statement.bindNull(index);
  else if (typeof value === 'boolean') statement.bindBoolean(index, value);
  else if (typeof value === 'object' && type !== 'VARCHAR') bindNumber(statement, index, value.digits);
  else {
    const text = typeof value === 'object' ? value.digits : value;
    // DuckDB would round 4.5 to an integer before it compares.
    if (/^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/.test(type) && fractional.test(text))
      bindNumber(statement, index, text.trim());
    // Text is read by the type that the query expects, like a literal.
    else statement.bindVarchar(index, text);
  }
};

const fractional = /^\s*[-+]?(?:\d+\.\d*|\.\d+)\s*$/;
const digitsMax = 38;
const bigintDigitsMax = 18;

const bindNumber = (statement: DuckDBPreparedStatement, index: number, digits: string): void => {
  const [, sign = '', units = '', fraction = ''] = /^([-+]?)(\d*)\.?(\d*)$/.exec(digits) ?? [];
  const all = `${units}${fraction}`;
  if (all === '' || all.length > digitsMax) statement.bindDouble(index, Number(digits));
  else {
    const { DuckDBDecimalValue: Decimal } = duckdbLibrary();
    const value = BigInt(all) * (sign === '-' ? -1n : 1n);
    if (fraction !== '') statement.bindDecimal(index, new Decimal(value, Math.max(all.length, 1), fraction.length));
    else if (all.length <= bigintDigitsMax) statement.bindBigInt(index, value);
    else statement.bindHugeInt(index, value);
  }
};
