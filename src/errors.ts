/** Every code a fault can carry, with its HTTP status. The table in the documentation is printed from this list. */
export const errorCodes = [
  {
    code: 'BAD_REQUEST',
    status: 400,
    meaning: 'The request is malformed or names something that does not exist here.',
  },
  {
    code: 'LIMIT_EXCEEDED',
    status: 400,
    meaning: 'The request asks for more than a limit allows; the message names it.',
  },
  { code: 'UNAUTHENTICATED', status: 401, meaning: 'A key is needed, and there was none, or one that is not known.' },
  { code: 'NOT_ALLOWED', status: 403, meaning: 'The caller may not do this.' },
  { code: 'NOT_FOUND', status: 404, meaning: 'There is nothing under this name or id.' },
  { code: 'METHOD_NOT_ALLOWED', status: 405, meaning: 'The path exists, but not for this method; see `Allow`.' },
  { code: 'CONFLICT', status: 409, meaning: 'The same key is already stored with other content.' },
  { code: 'TOO_LARGE', status: 413, meaning: 'A body or file is over a size limit; the message names it.' },
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
    meaning: 'The file has other columns than the dataset it is to be added to; nothing of it was stored.',
  },
  {
    code: 'ADDRESS_NOT_ALLOWED',
    status: 403,
    meaning: 'The link may not be followed: its scheme, its user information, or an address that is not public.',
  },
  { code: 'UNREACHABLE', status: 422, meaning: 'The link gave no file: no answer, another than 200, or half of one.' },
  { code: 'INTERNAL', status: 500, meaning: 'A bug of the server; the details are in its log only.' },
  {
    code: 'SOURCE_UNREACHABLE',
    status: 502,
    meaning: 'The folder or bucket of user files cannot be read, or its table not be written; see the message.',
  },
  { code: 'OVERLOADED', status: 503, meaning: 'Too much is being done at the moment; try again shortly.' },
  { code: 'NOT_READY', status: 503, meaning: 'The server is still starting or already stopping.' },
] as const;

export type ErrorCode = (typeof errorCodes)[number]['code'];

export type ProblemCode = 'MISSING' | 'WRONG_TYPE' | 'OUT_OF_RANGE' | 'NOT_ALLOWED' | 'MALFORMED' | 'CONFLICT';

/** One reason why a record or request was refused; `path` names the field, empty for the whole. */
export interface FieldProblem {
  path: string;
  code: ProblemCode;
  message: string;
}

/** What a face needs to tell a fault: `problems` name fields, `details` are further plain values for the answer. */
export interface FaultDetails {
  problems?: readonly FieldProblem[];
  details?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/** A fault of a request, not of the program. Domains throw it, each face translates it once; it knows no GraphQL. */
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
