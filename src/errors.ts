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
  { code: 'INTERNAL', status: 500, meaning: 'A bug in the server; its log has the details.' },
  {
    code: 'SOURCE_UNREACHABLE',
    status: 502,
    meaning: 'The folder or bucket of user files cannot be read, or its table cannot be written; see the message.',
  },
  { code: 'OVERLOADED', status: 503, meaning: 'The server is overloaded; try again shortly.' },
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

/** The HTTP status of a code. */
export const statusOfCode = (code: ErrorCode): number => errorCodes.find((entry) => entry.code === code)?.status ?? 500;
