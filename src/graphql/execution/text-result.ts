import type { ExecutionResult } from 'graphql';

type Data = NonNullable<ExecutionResult['data']>;

interface Stringifiable {
  readonly stringify: (result: ExecutionResult) => string;
}

/**
 * A result without errors whose data is JSON already. `data` parses it when somebody reads it, which a copy by `...` does
 * too. Yoga and `resultText` call `stringify` instead of JSON.stringify.
 */
export const createTextResult = (text: string): ExecutionResult & Stringifiable => {
  let parsed: Data | undefined;
  const readData = (): Data => {
    parsed ??= JSON.parse(text) as Data;
    return parsed;
  };
  const isUnchanged = (result: ExecutionResult): boolean =>
    Object.getOwnPropertyDescriptor(result, 'data')?.get === readData || (!!parsed && result.data === parsed);
  const stringify = (result: ExecutionResult): string => {
    // Somebody may have replaced the data of a copy.
    if (!isUnchanged(result)) return JSON.stringify(result);
    const { errors, extensions } = result;
    const others = JSON.stringify({ errors, extensions });
    return others === '{}' ? `{"data":${text}}` : `{"data":${text},${others.slice(1)}`;
  };
  return Object.defineProperties({} as ExecutionResult & Stringifiable, {
    data: { get: readData, enumerable: true },
    stringify: { value: stringify, enumerable: true },
  });
};

/** A result as JSON. */
export const resultText = (result: ExecutionResult): string => {
  const { stringify } = result as Partial<Stringifiable>;
  return stringify ? stringify(result) : JSON.stringify(result);
};
