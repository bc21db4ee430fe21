/** The type of a scalar in TypeScript: what a variable may be, and what an answer carries. */
interface ScalarType {
  readonly input: string;
  readonly output: string;
}

const text: ScalarType = { input: 'string', output: 'string' };
const number: ScalarType = { input: 'number', output: 'number' };
const inputOnly = (input: string): ScalarType => ({ input, output: 'never' });
const outputOnly = (output: string): ScalarType => ({ input: 'never', output });

/**
 * What JSON carries for each scalar of the schema. Texts where a number would be rounded before it is sent (`Decimal`,
 * `ID`), and `unknown` where the content depends on the data.
 */
export const scalarTypes: Readonly<Record<string, ScalarType>> = {
  BigInt: number,
  Boolean: { input: 'boolean', output: 'boolean' },
  CellValue: { input: 'string | number | boolean', output: 'string | number | boolean | readonly string[]' },
  Cidr: text,
  DateTime: text,
  Decimal: text,
  Duration: text,
  File: inputOnly('Blob'),
  Float: number,
  HeaderLine: inputOnly("number | 'NONE'"),
  ID: text,
  IP: text,
  Int: number,
  Letter: text,
  LocalDate: text,
  SqlParameters: inputOnly('readonly unknown[] | Readonly<Record<string, unknown>>'),
  SqlRow: outputOnly('Readonly<Record<string, unknown>>'),
  String: text,
  TimeZone: text,
  URL: text,
  UUID: text,
  WrittenDateTime: inputOnly('string | number'),
  WrittenDecimal: inputOnly('string | number'),
  WrittenID: inputOnly('string'),
  WrittenIP: inputOnly('string'),
  WrittenString: inputOnly('string'),
  WrittenUserStatus: inputOnly("'PAYING' | 'CANCELLED' | 'NON_PAYING'"),
};
