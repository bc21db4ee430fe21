import type { ExecutionResult, FormattedExecutionResult, GraphQLError } from 'graphql';

type Data = NonNullable<ExecutionResult['data']>;
type Extensions = NonNullable<ExecutionResult['extensions']>;
type Result = ExecutionResult | FormattedExecutionResult;

type Errors = NonNullable<Result['errors']>;

/**
 * A result whose data is JSON already; it is parsed when somebody reads it. A class for its getter, which would give each
 * object of a literal a shape of its own.
 */
class TextResult {
  readonly errors?: Errors;
  readonly dataText: string;
  readonly extensions?: Extensions;
  #data: Data | undefined;

  constructor(dataText: string, errors?: Errors, extensions?: Extensions) {
    if (errors) this.errors = errors;
    this.dataText = dataText;
    if (extensions) this.extensions = extensions;
  }

  get data(): Data {
    this.#data ??= JSON.parse(this.dataText) as Data;
    return this.#data;
  }

  toJSON(): unknown {
    const { errors, data, extensions } = this;
    return { ...(errors ? { errors } : {}), data, ...(extensions ? { extensions } : {}) };
  }
}

export const createTextResult = (text: string, errors?: readonly GraphQLError[]): ExecutionResult =>
  new TextResult(text, errors) as ExecutionResult;

/** The same result with other errors. */
export const withErrors = (
  result: ExecutionResult,
  errors: NonNullable<FormattedExecutionResult['errors']>,
): FormattedExecutionResult =>
  (result instanceof TextResult
    ? new TextResult(result.dataText, errors, result.extensions)
    : { ...result, errors }) as FormattedExecutionResult;

/** The same result with further extensions. */
export const withExtensions = <R extends Result>(result: R, added: Extensions): R => {
  const extensions = { ...result.extensions, ...added };
  return (
    result instanceof TextResult
      ? new TextResult(result.dataText, result.errors, extensions)
      : { ...result, extensions }
  ) as R;
};

/** A result as JSON. */
export const resultText = (result: Result): string => {
  if (!(result instanceof TextResult)) return JSON.stringify(result);
  const { errors, dataText, extensions } = result;
  if (!errors && !extensions) return `{"data":${dataText}}`;
  const before = errors ? `"errors":${JSON.stringify(errors)},` : '';
  const after = extensions ? `,"extensions":${JSON.stringify(extensions)}` : '';
  return `{${before}"data":${dataText}${after}}`;
};
