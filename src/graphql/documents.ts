import {
  type DefinitionNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
} from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { preview } from '../lib/problems.ts';
import { type Access, accessOf } from './access.ts';
import { type Answer, requestErrors } from './answer.ts';
import { createDocumentCache } from './document-cache.ts';
import { checkShape, checkText, type ShapeLimits } from './document-shape.ts';
import { createMeasure, type Limits, type Size } from './limits.ts';
import { createValidation } from './validation.ts';
import { definitionsOf } from './variables.ts';

/** Characters of all documents whose parsed form is cached: about 100 MB of it in the worst case. */
const cachedLengthMax = 400_000;

/** An operation of a document that was parsed, and who may execute it. */
export interface ParsedOperation {
  readonly node: OperationDefinitionNode;
  readonly access: Access;
}

/** An operation of a valid document. The same text has the same object while it is cached, so what is computed from it can be kept with it. */
export interface Operation extends ParsedOperation {
  readonly document: DocumentNode;
  readonly variables: ReturnType<typeof definitionsOf>;
  /** Its size with these variables. */
  readonly sizeFor: (variables: Readonly<Record<string, unknown>>) => Size;
}

/** A document that was validated, or the answer to every request with it. */
export type PreparedDocument =
  | { readonly operations: readonly Operation[]; readonly refusal?: never }
  | { readonly operations?: never; readonly refusal: Answer };

/** Characters of a document whose validation takes longer than other requests should wait. */
const slicedLengthMin = 4000;

/** A document that was parsed, which costs little beside its validation. */
export interface ParsedDocument {
  /** Null for a document with a syntax error. */
  readonly parsed: readonly ParsedOperation[] | null;
  /** Validates it, once. Throws LIMIT_EXCEEDED for one that would cost too much. */
  readonly prepare: () => PreparedDocument;
  /** The same; a long document that is not validated yet lets other requests run in between. */
  readonly prepareInSlices: () => PreparedDocument | Promise<PreparedDocument>;
}

export type Documents = ReturnType<typeof createDocuments>;

type DocumentLimits = Limits & ShapeLimits & Pick<Config, 'queryTokensMax' | 'inputErrorsMax'>;

/** Parses and validates documents, each once while it is cached. Access and limits are checked for each request. */
export const createDocuments = (schema: GraphQLSchema, limits: DocumentLimits) => {
  const cache = createDocumentCache<ParsedDocument>(cachedLengthMax);
  const validation = createValidation(schema, limits.inputErrorsMax);

  const preparedOf = (
    document: DocumentNode,
    parsed: readonly ParsedOperation[],
    errors: readonly GraphQLError[],
  ): PreparedDocument => {
    if (errors.length > 0) return { refusal: requestErrors('GRAPHQL_VALIDATION_FAILED', errors) };
    const operations = parsed.map(({ node, access }) => ({
      document,
      node,
      access,
      variables: definitionsOf(schema, node),
      sizeFor: createMeasure({ schema, document, node }, limits),
    }));
    return { operations };
  };

  const parsedDocument = (document: DocumentNode, length: number): ParsedDocument => {
    const parsed = document.definitions
      .filter(isOperation)
      .map((node) => ({ node, access: accessOf({ schema, document, node }) }));
    const preparation = new Preparation({
      check: () => checkShape(document, limits),
      validate: () => validation.validate(document),
      validateInSlices: () => validation.validateInSlices(document),
      finish: (errors) => preparedOf(document, parsed, errors),
    });
    const prepare = () => preparation.now();
    return { parsed, prepare, prepareInSlices: length < slicedLengthMin ? prepare : () => preparation.inSlices() };
  };

  const parseNew = (text: string): ParsedDocument => {
    checkText(text, limits);
    try {
      return parsedDocument(parseWithin(text, limits.queryTokensMax), text.length);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const refusal = requestErrors('GRAPHQL_PARSE_FAILED', [error]);
      const prepare = () => ({ refusal });
      return { parsed: null, prepare, prepareInSlices: prepare };
    }
  };

  return {
    /** Throws LIMIT_EXCEEDED for a document that is too long, has too many tokens, or is nested too deep to be parsed. */
    parse(text: string): ParsedDocument {
      const cached = cache.get(text);
      if (cached) return cached;
      const parsed = parseNew(text);
      cache.set(text, parsed);
      return parsed;
    },
  };
};

interface PreparationSteps {
  check(): void;
  validate(): readonly GraphQLError[];
  validateInSlices(): Promise<readonly GraphQLError[]>;
  finish(errors: readonly GraphQLError[]): PreparedDocument;
}

/** Validates a document once, whoever needs it. */
class Preparation {
  readonly #steps: PreparationSteps;
  #prepared: PreparedDocument | undefined;
  #pending: Promise<PreparedDocument> | undefined;

  constructor(steps: PreparationSteps) {
    this.#steps = steps;
  }

  now(): PreparedDocument {
    if (this.#prepared) return this.#prepared;
    this.#steps.check();
    this.#prepared = this.#steps.finish(this.#steps.validate());
    return this.#prepared;
  }

  inSlices(): PreparedDocument | Promise<PreparedDocument> {
    if (this.#prepared) return this.#prepared;
    this.#steps.check();
    this.#pending ??= this.#begin();
    return this.#pending;
  }

  async #begin(): Promise<PreparedDocument> {
    try {
      this.#prepared = this.#steps.finish(await this.#steps.validateInSlices());
      return this.#prepared;
    } finally {
      this.#pending = undefined;
    }
  }
}

const isOperation = (node: DefinitionNode): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION;

/** The operation with a name, or the only one; undefined when there is none. */
export const findOperation = <T extends ParsedOperation>(
  operations: readonly T[],
  name: string | null,
): T | undefined => {
  if (name === null) return operations.length === 1 ? operations[0] : undefined;
  return operations.find(({ node }) => node.name?.value === name);
};

/** The operation with a name, or the only one. Throws OPERATION_RESOLUTION_FAILURE. */
export const operationNamed = (operations: readonly Operation[], name: string | null): Operation => {
  const found = findOperation(operations, name);
  if (found) return found;
  const names = operations.flatMap(({ node }) => (node.name ? [node.name.value] : []));
  const available = names.length === 0 ? 'its operation has no name' : `there are ${names.join(', ')}`;
  throw new DomainError(
    'OPERATION_RESOLUTION_FAILURE',
    name === null
      ? `operationName must say which operation of the document to execute: ${available}`
      : `the document has no operation ${preview(name)}: ${available}`,
  );
};

const parseWithin = (text: string, queryTokensMax: number): DocumentNode => {
  try {
    return parse(text, { maxTokens: queryTokensMax });
  } catch (error) {
    if (error instanceof RangeError)
      throw new DomainError('LIMIT_EXCEEDED', 'the document is nested too deep (setting queryDepthMax)');
    // graphql-js identifies this error by its message only.
    if (!(error instanceof GraphQLError && error.message.includes(`${queryTokensMax} tokens`))) throw error;
    const message = `the document has more than ${queryTokensMax} tokens (setting queryTokensMax)`;
    throw new DomainError('LIMIT_EXCEEDED', message);
  }
};
