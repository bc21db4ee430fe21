/** Every error code with its HTTP status. The table in the documentation is generated from this list. */
export const errorCodes = [
  {
    code: 'BAD_REQUEST',
    status: 400,
    meaning: 'The request is malformed or names something that does not exist.',
  },
  {
    code: 'GRAPHQL_PARSE_FAILED',
    status: 400,
    meaning: 'GraphQL: the document has a syntax error.',
  },
  {
    code: 'GRAPHQL_VALIDATION_FAILED',
    status: 400,
    meaning: 'GraphQL: the document does not fit the schema.',
  },
  {
    code: 'OPERATION_RESOLUTION_FAILURE',
    status: 400,
    meaning: 'GraphQL: `operationName` does not name one operation of the document.',
  },
  {
    code: 'BAD_USER_INPUT',
    status: 400,
    meaning: 'GraphQL: a variable or argument does not fit its type; the message names it.',
  },
  {
    code: 'LIMIT_EXCEEDED',
    status: 400,
    meaning: 'The request exceeds a limit; the message names the limit.',
  },
  {
    code: 'UNAUTHENTICATED',
    status: 401,
    meaning: 'The request needs an API key; it has none, or an unknown or revoked one.',
  },
  { code: 'NOT_ALLOWED', status: 403, meaning: 'The caller’s key does not allow this.' },
  {
    code: 'PERSISTED_QUERY_NOT_FOUND',
    status: 200,
    meaning:
      'No document has the hash of `extensions.persistedQuery`. The message is `PersistedQueryNotFound`; clients of Apollo and urql then send the text as well.',
  },
  { code: 'NOT_FOUND', status: 404, meaning: 'Nothing has this name or id.' },
  {
    code: 'METHOD_NOT_ALLOWED',
    status: 405,
    meaning: 'The path does not support this method; see the header `Allow`.',
  },
  {
    code: 'NOT_ACCEPTABLE',
    status: 406,
    meaning: 'GraphQL: the header `Accept` allows none of the forms of an answer; see the message.',
  },
  { code: 'CONFLICT', status: 409, meaning: 'The same key is already stored with different content.' },
  { code: 'TOO_LARGE', status: 413, meaning: 'A body or file exceeds a size limit; the message names the limit.' },
  {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    status: 415,
    meaning: 'The content type or content encoding of the body is not supported; the message names those that are.',
  },
  {
    code: 'VALIDATION_FAILED',
    status: 422,
    meaning: 'Fields are missing, malformed or out of range; see the problems.',
  },
  {
    code: 'NOT_A_TABLE',
    status: 422,
    meaning: 'The file as a whole cannot be read as records; nothing of it was stored.',
  },
  {
    code: 'SCHEMA_CHANGED',
    status: 422,
    meaning: 'The columns of the file differ from those of the dataset; nothing of it was stored.',
  },
  {
    code: 'ADDRESS_NOT_ALLOWED',
    status: 403,
    meaning:
      'The server does not fetch this link: its scheme, its user information, or a host whose address is not public.',
  },
  {
    code: 'UNREACHABLE',
    status: 422,
    meaning: 'The link returned no file: no response, a status other than 200, or a truncated body.',
  },
  {
    code: 'DATA_DAMAGED',
    status: 503,
    meaning:
      'What the answer rests on is not as it was stored; `asof verify --list` names what is damaged. Put back a backup.',
  },
  { code: 'INTERNAL', status: 500, meaning: 'A bug in the server; its log has the details.' },
  {
    code: 'SOURCE_UNREACHABLE',
    status: 502,
    meaning: 'The folder or bucket of user files cannot be read, or its table cannot be written; see the message.',
  },
  { code: 'OVERLOADED', status: 503, meaning: 'The server is overloaded; try again shortly.' },
  {
    code: 'OUT_OF_SPACE',
    status: 503,
    meaning:
      'The disk of the data folder is full: nothing of the request was stored. Reads go on; send it again later.',
  },
  {
    code: 'STORAGE_FAILED',
    status: 503,
    meaning:
      'The data folder cannot be written (or read) because the system reports an error: nothing of the request was stored. Send it again later.',
  },
  {
    code: 'OUTDATED',
    status: 503,
    meaning: 'A newer version of asof has changed the data folder: this process writes no more and must be replaced.',
  },
  {
    code: 'INTERRUPTED',
    status: 503,
    meaning: 'The process of the import stopped before the import ended; import the file again.',
  },
  {
    code: 'TIMEOUT',
    status: 503,
    meaning: 'The request took longer than it may; the message names the limit.',
  },
  {
    code: 'FACTS_UNAVAILABLE',
    status: 503,
    meaning:
      'ClickHouse, which has the facts, cannot be reached, refuses, or is too far behind the ledger; see the message. Records are accepted meanwhile.',
  },
  {
    code: 'SEGMENT_UNAVAILABLE',
    status: 503,
    meaning:
      'The answer rests on archived records, and the file of their segment is missing or cannot be read; the message names it. Everything else works.',
  },
  { code: 'NOT_READY', status: 503, meaning: 'The server is starting or stopping.' },
] as const;

export type ErrorCode = (typeof errorCodes)[number]['code'];

export type ProblemCode = 'MISSING' | 'WRONG_TYPE' | 'OUT_OF_RANGE' | 'NOT_ALLOWED' | 'MALFORMED' | 'CONFLICT';

/** One reason why a record or request was refused; `path` names the field, empty for the whole. */
export interface FieldProblem {
  path: string;
  code: ProblemCode;
  message: string;
}

/** What a response says about an error: `problems` name fields, `details` are further plain values. */
export interface FaultDetails {
  problems?: readonly FieldProblem[];
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** An error of a request, not of the program. Domains throw it; GraphQL, REST and the command line each translate it once. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, { problems = [], details = {}, cause }: FaultDetails = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'DomainError';
    this.code = code;
    this.problems = problems;
    this.details = details;
  }
}

const outOfSpaceCodes = ['ENOSPC', 'EDQUOT', 'EFBIG', 'SQLITE_FULL'];
/** `EACCES` is not among them: a file to import may be unreadable while the data folder is sound. */
const storageCodes = /^(?:EIO|EROFS|SQLITE_IOERR|SQLITE_READONLY|SQLITE_CANTOPEN)/;

/** How long a client should wait before it writes again, milliseconds. */
const storageRetryMs = 5000;

/** A write that the disk or the system refused; undefined for any other error. Also understands the texts of DuckDB. */
export const storageFaultOf = (error: unknown): DomainError | undefined => {
  if (error instanceof DomainError) return isStorageFault(error) ? error : undefined;
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const text = /^(?:IO|FATAL|TransactionContext) Error/.test(error.message) ? error.message : '';
  if (outOfSpaceCodes.includes(code) || /No space left on device|Disk quota exceeded|File too large/.test(text))
    return outOfSpace(error);
  if (storageCodes.test(code) || /Input\/output error|Read-only file system/.test(text)) return storageFailed(error);
  return storageFaultOf(error.cause);
};

/** The same where a file of the data folder was written: there missing permissions are a fault of the storage, too. */
export const writeFaultOf = (error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  return storageFaultOf(error) ?? (code === 'EACCES' || code === 'EPERM' ? storageFailed(error) : error);
};

export const isStorageFault = (error: unknown): boolean =>
  error instanceof DomainError && (error.code === 'OUT_OF_SPACE' || error.code === 'STORAGE_FAILED');

/** The error of what a server that stops no longer does. */
export const serverIsClosing = (): DomainError => new DomainError('NOT_READY', 'the server is closing');

const outOfSpace = (cause: unknown): DomainError =>
  new DomainError('OUT_OF_SPACE', 'the disk of the data folder is full; nothing more is stored, send it again later', {
    details: { retryAfterMs: storageRetryMs },
    cause,
  });

const storageFailed = (cause: unknown): DomainError => {
  const { code } = cause as NodeJS.ErrnoException;
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return new DomainError(
    'STORAGE_FAILED',
    `the data folder cannot be used${reason}; nothing more is stored, send it again later`,
    {
      details: { retryAfterMs: storageRetryMs },
      cause,
    },
  );
};

/** The HTTP status of a code. */
export const statusOfCode = (code: ErrorCode): number => errorCodes.find((entry) => entry.code === code)?.status ?? 500;
