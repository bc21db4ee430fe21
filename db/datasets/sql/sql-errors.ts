import { DomainError, storageFaultOf } from '../../../src/errors.ts';

/** Kinds of DuckDB's errors that the text of a query causes. */
const causedByQuery =
  /^(?:Parser|Binder|Catalog|Conversion|Invalid Input|Invalid Type|Invalid type|Out of Range|Not implemented|Mismatch Type|Syntax|Permission|Divide by Zero|Decimal|Constraint|Sequence|Expression|Parameter Not Resolved|Parameter Not Allowed|Invalid) (?:Error|exception):?\s*/i;

/** After such an error every further query fails. */
const fatal = /^(?:INTERNAL|FATAL) Error|database has been invalidated/i;

/** The line and the column, from 1, of a byte of the text. */
export const positionOf = (text: string, byte: number): string => {
  const lines = Buffer.from(text).subarray(0, byte).toString().split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
};

/** DuckDB's own account of where: `LINE 2: …snippet…` and a caret below the place. */
const locationOf = (message: string, text: string): string => {
  const [, number = '', snippet = '', indent = ''] = /\n+LINE (\d+): (.*)\n( *)\^/.exec(message) ?? [];
  if (number === '') return '';
  const line = text.split('\n')[Number(number) - 1] ?? '';
  const start = snippet.startsWith('...') ? 3 : 0;
  const offset = line.indexOf(snippet.slice(start).replace(/\.\.\.$/, ''));
  const column = offset + indent.length - `LINE ${number}: `.length - start + 1;
  return offset < 0 || column < 1 ? ` (line ${number})` : ` (line ${number}, column ${column})`;
};

/** The error of a query as the client sees it, without paths; undefined for one that neither the query nor a limit causes. */
export const queryError = (error: unknown, text: string): DomainError | undefined => {
  if (error instanceof DomainError)
    return error.code === 'LIMIT_EXCEEDED' && error.cause !== undefined ? tooMuchMemory(error.cause) : error;
  if (!(error instanceof Error)) return undefined;
  const fault = storageFaultOf(error);
  if (fault) return fault;
  if (/^IO Error/.test(error.message))
    return new DomainError('NOT_FOUND', 'a version that the query reads has been removed; send the query again', {
      cause: error,
    });
  if (!causedByQuery.test(error.message)) return undefined;
  const [first = ''] = error.message.replace(causedByQuery, '').split(/\n+LINE \d+: /);
  return new DomainError('BAD_REQUEST', `${withoutHints(first)}${locationOf(error.message, text)}`);
};

const messageLengthMax = 1000;

/** Hints name settings, functions and tables that queries cannot use. */
const withoutHints = (message: string): string =>
  message
    .split('\n')
    .filter((line) => !/\b(?:SET|PRAGMA|INSTALL|LOAD) /.test(line))
    .join(' ')
    .replace(/\s*Did you mean "(?:facts|system|pg_catalog|information_schema|main)\.[^?]*\?/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, messageLengthMax)
    .toWellFormed();

export const isFatal = (error: unknown): boolean => error instanceof Error && fatal.test(error.message);

export const tooMuchMemory = (cause?: unknown): DomainError =>
  new DomainError(
    'LIMIT_EXCEEDED',
    'the query needs more memory or temporary disk space than the settings sqlMemoryBytesMax and sqlTempBytesMax allow',
    { cause },
  );
