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
  /** Joined they are the data. */
  readonly dataPieces: readonly string[];
  readonly extensions?: Extensions;
  #data: Data | undefined;

  constructor(dataPieces: readonly string[], errors?: Errors, extensions?: Extensions) {
    if (errors) this.errors = errors;
    this.dataPieces = dataPieces;
    if (extensions) this.extensions = extensions;
  }

  get data(): Data {
    this.#data ??= JSON.parse(this.dataPieces.join('')) as Data;
    return this.#data;
  }

  toJSON(): unknown {
    const { errors, data, extensions } = this;
    return { ...(errors ? { errors } : {}), data, ...(extensions ? { extensions } : {}) };
  }
}

/** A result with the data in pieces of JSON. */
export const createTextResult = (pieces: readonly string[], errors?: readonly GraphQLError[]): ExecutionResult =>
  new TextResult(pieces, errors) as ExecutionResult;

/** The same result with other errors. */
export const withErrors = (
  result: ExecutionResult,
  errors: NonNullable<FormattedExecutionResult['errors']>,
): FormattedExecutionResult =>
  (result instanceof TextResult
    ? new TextResult(result.dataPieces, errors, result.extensions)
    : { ...result, errors }) as FormattedExecutionResult;

/** The same result with further extensions. */
export const withExtensions = <R extends Result>(result: R, added: Extensions): R => {
  const extensions = { ...result.extensions, ...added };
  return (
    result instanceof TextResult
      ? new TextResult(result.dataPieces, result.errors, extensions)
      : { ...result, extensions }
  ) as R;
};

/** A result as JSON in pieces, of which most answers have one. */
export const resultPieces = (result: Result): readonly string[] => {
  if (!(result instanceof TextResult)) return [JSON.stringify(result)];
  const { errors, dataPieces, extensions } = result;
  const before = errors ? `"errors":${JSON.stringify(errors)},` : '';
  const after = extensions ? `,"extensions":${JSON.stringify(extensions)}` : '';
  const [first = ''] = dataPieces;
  if (dataPieces.length === 1) return [`{${before}"data":${first}${after}}`];
  return [`{${before}"data":`, ...dataPieces, `${after}}`];
};

/** A result as JSON. */
export const resultText = (result: Result): string => resultPieces(result).join('');
