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
import { createMeasure, type Limits, type Size } from './limits.ts';
import { createValidation } from './validation.ts';
import { definitionsOf } from './variables.ts';

/** Characters of all documents whose parsed form is cached: about 100 MB of it in the worst case. */
const cachedLengthMax = 400_000;

/** An operation of a valid document. The same text has the same object while it is cached, so what is computed from it can be kept with it. */
export interface Operation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly variables: ReturnType<typeof definitionsOf>;
  readonly access: Access;
  /** Its size with these variables. */
  readonly sizeFor: (variables: Readonly<Record<string, unknown>>) => Size;
}

/** A document that was parsed and validated, or the answer to every request with it. */
export type PreparedDocument =
  | { readonly operations: readonly Operation[]; readonly refusal?: never }
  | { readonly operations?: never; readonly refusal: Answer };

export type Documents = ReturnType<typeof createDocuments>;

/** Parses and validates documents, each once while it is cached. Access and limits are checked for each request. */
export const createDocuments = (schema: GraphQLSchema, limits: Limits & Pick<Config, 'queryTokensMax'>) => {
  const cache = createDocumentCache<PreparedDocument>(cachedLengthMax);
  const validate = createValidation(schema);

  const prepareNew = (text: string): PreparedDocument => {
    let document: DocumentNode;
    try {
      document = parseWithin(text, limits.queryTokensMax);
    } catch (error) {
      if (error instanceof GraphQLError) return { refusal: requestErrors('GRAPHQL_PARSE_FAILED', [error]) };
      throw error;
    }
    const errors = validate(document);
    if (errors.length > 0) return { refusal: requestErrors('GRAPHQL_VALIDATION_FAILED', errors) };
    const operations = document.definitions.filter(isOperation).map((node) => {
      const operation = { schema, document, node };
      return {
        document,
        node,
        variables: definitionsOf(schema, node),
        access: accessOf(operation),
        sizeFor: createMeasure(operation, limits),
      };
    });
    return { operations };
  };

  return {
    /** Throws LIMIT_EXCEEDED for a document with too many tokens, or nested too deep to be parsed. */
    prepare(text: string): PreparedDocument {
      const cached = cache.get(text);
      if (cached) return cached;
      const prepared = prepareNew(text);
      cache.set(text, prepared);
      return prepared;
    },
  };
};

const isOperation = (node: DefinitionNode): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION;

/** The operation with a name, or the only one. Throws OPERATION_RESOLUTION_FAILURE. */
export const operationNamed = (operations: readonly Operation[], name: string | null): Operation => {
  const [first] = operations;
  const found = name === null ? first : operations.find(({ node }) => node.name?.value === name);
  if (found && (name !== null || operations.length === 1)) return found;
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
