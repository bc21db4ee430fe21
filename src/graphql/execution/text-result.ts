import type { ExecutionResult, FormattedExecutionResult } from 'graphql';

type Data = NonNullable<ExecutionResult['data']>;
type Result = ExecutionResult | FormattedExecutionResult;

const writer = Symbol('writer');

interface Writable {
  readonly [writer]?: (result: Result) => string;
}

/**
 * A result without errors whose data is JSON already. `data` parses it when somebody reads it, which a copy by `...` does
 * too; `resultText` writes it as it is.
 */
export const createTextResult = (text: string): ExecutionResult => {
  let parsed: Data | undefined;
  const readData = (): Data => {
    parsed ??= JSON.parse(text) as Data;
    return parsed;
  };
  const isUnchanged = (result: Result): boolean =>
    Object.getOwnPropertyDescriptor(result, 'data')?.get === readData || (!!parsed && result.data === parsed);
  const write = (result: Result): string => {
    // Somebody may have replaced the data of a copy.
    if (!isUnchanged(result)) return JSON.stringify(result);
    const { errors, extensions } = result;
    if (!errors && !extensions) return `{"data":${text}}`;
    return `{"data":${text},${JSON.stringify({ errors, extensions }).slice(1)}`;
  };
  return Object.defineProperties({} as ExecutionResult & Writable, {
    data: { get: readData, enumerable: true },
    [writer]: { value: write, enumerable: true },
  });
};

/** A result as JSON. */
export const resultText = (result: Result): string => {
  const write = (result as Writable)[writer];
  return write ? write(result) : JSON.stringify(result);
};
