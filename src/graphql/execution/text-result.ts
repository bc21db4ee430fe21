import type { ExecutionResult, FormattedExecutionResult } from 'graphql';

type Data = NonNullable<ExecutionResult['data']>;
type Extensions = NonNullable<ExecutionResult['extensions']>;
type Result = ExecutionResult | FormattedExecutionResult;

/**
 * A result without errors whose data is JSON already; it is parsed when somebody reads it. A class for its getter, which
 * would give each object of a literal a shape of its own.
 */
class TextResult implements FormattedExecutionResult {
  readonly dataText: string;
  readonly extensions?: Extensions;
  #data: Data | undefined;

  constructor(dataText: string, extensions?: Extensions) {
    this.dataText = dataText;
    if (extensions) this.extensions = extensions;
  }

  get data(): Data {
    this.#data ??= JSON.parse(this.dataText) as Data;
    return this.#data;
  }

  toJSON(): FormattedExecutionResult {
    const { data, extensions } = this;
    return extensions ? { data, extensions } : { data };
  }
}

export const createTextResult = (text: string): ExecutionResult => new TextResult(text);

/** The same result with further extensions. */
export const withExtensions = <R extends Result>(result: R, added: Extensions): R => {
  const extensions = { ...result.extensions, ...added };
  return (result instanceof TextResult ? new TextResult(result.dataText, extensions) : { ...result, extensions }) as R;
};

/** A result as JSON. */
export const resultText = (result: Result): string => {
  if (!(result instanceof TextResult)) return JSON.stringify(result);
  const { dataText, extensions } = result;
  return extensions ? `{"data":${dataText},"extensions":${JSON.stringify(extensions)}}` : `{"data":${dataText}}`;
};
