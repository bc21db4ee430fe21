import type { Context } from '../src/context.ts';
import { DomainError, type ErrorCode, type FieldProblem } from '../src/errors.ts';
import { builder } from './builder.ts';

const FieldProblemCode = builder.enumType('FieldProblemCode', {
  description: 'What is wrong with a field.',
  values: {
    MISSING: { description: 'It is not there.' },
    WRONG_TYPE: { description: 'It is of another type.' },
    OUT_OF_RANGE: { description: 'It is beyond a bound.' },
    NOT_ALLOWED: { description: 'It is not one of the allowed values.' },
    MALFORMED: { description: 'It does not have the form it must have.' },
    CONFLICT: { description: 'Something else is recorded under the same key.' },
  } as const,
});

export const FieldProblemType = builder.objectRef<FieldProblem>('FieldProblem').implement({
  description: 'Why one field was refused.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'Path of the field, e.g. `product_price`; empty for the whole record.',
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
  description: 'What went wrong in a way the caller can mend.',
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
      description: 'The fields at fault; empty when the request as a whole is.',
      resolve: ({ problems }) => [...problems],
    }),
  }),
});

export const SourceError = builder.objectRef<Fault>('SourceError').implement({
  description: 'The file may not or could not be read.',
  interfaces: [ErrorInterface],
});

export const NotFoundError = builder.objectRef<Fault>('NotFoundError').implement({
  description: 'There is nothing under this ID.',
  interfaces: [ErrorInterface],
});

export const ConflictError = builder.objectRef<Fault>('ConflictError').implement({
  description: 'Something else is recorded already; nothing was stored.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    problems: t.field({
      type: [FieldProblemType],
      description: 'What differs; empty when the request as a whole is in conflict.',
      resolve: ({ problems }) => [...problems],
    }),
    existing: t.node({
      description: 'What is recorded already; null where that has no ID of its own.',
      id: ({ details }) => (details.existing as { type: string; id: number } | undefined) ?? null,
    }),
  }),
});

export const OverloadedError = builder.objectRef<Fault>('OverloadedError').implement({
  description: 'Come back later; nothing was stored.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    retryAfter: t.field({
      type: 'Duration',
      description: 'How long to wait before trying again.',
      resolve: ({ details }) => `PT${Math.ceil(Number(details.retryAfterMs ?? 1000) / 1000)}S`,
    }),
  }),
});

/** The types that tell a code; a mutation has at most one of them in its union. */
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

/** A mutation's outcome as a value: faults that its union has a type for become members, others stay errors. */
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

/** The union member that an outcome is. */
export const memberOf =
  (payload: string) =>
  (value: object, _context: Context): string =>
    value instanceof Fault ? value.member : payload;
