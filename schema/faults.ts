import type { Context } from '../src/context.ts';
import { DomainError, type ErrorCode, type FieldProblem } from '../src/errors.ts';
import { builder } from './builder.ts';

const FieldProblemCode = builder.enumType('FieldProblemCode', {
  description: 'The kind of problem of a field.',
  values: {
    MISSING: { description: 'It is missing.' },
    WRONG_TYPE: { description: 'It has the wrong type.' },
    OUT_OF_RANGE: { description: 'It is out of range.' },
    NOT_ALLOWED: { description: 'It is not one of the allowed values.' },
    MALFORMED: { description: 'It does not have the required form.' },
    CONFLICT: { description: 'Other content is recorded under the same key.' },
  } as const,
});

export const FieldProblemType = builder.objectRef<FieldProblem>('FieldProblem').implement({
  description: 'Why one field was rejected.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description:
        'Path of the field under the name of the interface that was used: `amount` in a mutation, `product_price` in a file; empty for the whole record.',
    }),
    code: t.field({ type: FieldProblemCode, description: 'The kind of problem.', resolve: ({ code }) => code }),
    message: t.exposeString('message', { description: 'One sentence for a person; names the field and the value.' }),
  }),
});

/** A DomainError as plain data: GraphQL throws whatever a resolver returns that is an Error. */
class Fault {
  readonly code: string;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly member: string;

  constructor({ code, message, problems, details }: DomainError, member: string) {
    this.code = code;
    this.message = message;
    this.problems = problems;
    this.details = details;
    this.member = member;
  }
}

const ErrorInterface = builder.interfaceRef<Fault>('Error').implement({
  description: 'An error that the caller can correct.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable code; the documentation lists them.' }),
    message: t.exposeString('message', { description: 'One sentence for a person.' }),
  }),
});

export const ValidationError = builder.objectRef<Fault>('ValidationError').implement({
  description: 'The request breaks a rule or a limit; nothing was stored.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    problems: t.field({
      type: [FieldProblemType],
      description: 'The fields at fault; empty when the problem is not in a single field.',
      resolve: ({ problems }) => [...problems],
    }),
  }),
});

export const SourceError = builder.objectRef<Fault>('SourceError').implement({
  description: 'The file is not allowed or cannot be read.',
  interfaces: [ErrorInterface],
});

export const NotFoundError = builder.objectRef<Fault>('NotFoundError').implement({
  description: 'There is no object with this ID.',
  interfaces: [ErrorInterface],
});

export const ConflictError = builder.objectRef<Fault>('ConflictError').implement({
  description: 'Other content is recorded already; nothing was stored.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    problems: t.field({
      type: [FieldProblemType],
      description: 'The fields that differ; empty when the request as a whole is in conflict.',
      resolve: ({ problems }) => [...problems],
    }),
    existing: t.node({
      description: 'The object recorded already; null when it has no ID.',
      id: ({ details }) => (details.existing as { type: string; id: number } | undefined) ?? null,
    }),
  }),
});

export const OverloadedError = builder.objectRef<Fault>('OverloadedError').implement({
  description: 'The server is overloaded; nothing was stored. Try again later.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfter: t.field({
      type: 'Duration',
      description: 'How long to wait before trying again.',
      resolve: ({ details }) => `PT${Math.ceil(Number(details.retryAfterMs ?? 1000) / 1000)}S`,
    }),
  }),
});

/** The types that represent a code; the union of a mutation has at most one of them. */
const typesOfCode: Partial<Record<ErrorCode, readonly string[]>> = {
  BAD_REQUEST: ['ValidationError'],
  VALIDATION_FAILED: ['ValidationError'],
  LIMIT_EXCEEDED: ['ValidationError'],
  CONFLICT: ['ConflictError'],
  TOO_LARGE: ['SourceError'],
  NOT_A_TABLE: ['SourceError'],
  SCHEMA_CHANGED: ['SourceError'],
  ADDRESS_NOT_ALLOWED: ['SourceError'],
  UNREACHABLE: ['SourceError'],
  NOT_FOUND: ['NotFoundError', 'SourceError'],
  NOT_ALLOWED: ['SourceError'],
  SOURCE_UNREACHABLE: ['SourceError'],
  OVERLOADED: ['OverloadedError'],
};

/** The outcome of a mutation as a value: errors that its union has a type for become members, others stay errors. */
export const outcomeOf = async <T>(work: Promise<T>, members: readonly string[]): Promise<T | Fault> => {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const member = typesOfCode[error.code]?.find((type) => members.includes(type));
    if (member === undefined) throw error;
    return new Fault(error, member);
  }
};

/** Resolves the union member of an outcome. */
export const memberOf =
  (payload: string) =>
  (value: object, _context: Context): string =>
    value instanceof Fault ? value.member : payload;
