import {
  type GraphQLSchema,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  valueFromAST,
  visit,
} from 'graphql';
import { schema as ownSchema } from '../../schema/schema.ts';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { checkSize, createMeasure, type Limits, type Size } from './limits.ts';
import type { DocumentSource, StoredDocument, StoredOperation } from './trusted-documents/stored-document.ts';
import { validateDocument } from './trusted-documents/validate-document.ts';

/** What is known of an operation of a trusted document without running it. */
export interface OperationReport {
  /** Its name, or the id of its document. */
  readonly name: string;
  /** An id of its document. */
  readonly id: string;
  readonly source: DocumentSource;
  /** Why it cannot run: what the schema does not accept, or a limit that it exceeds with its defaults. */
  readonly problems: readonly string[];
  /** Null where the schema does not accept it. */
  readonly cost: OperationCost | null;
  /** Whether it is a query that needs no variables. */
  readonly runsWithDefaults: boolean;
}

/** The size of an operation, to compare with the limits. */
export interface OperationCost {
  readonly withDefaults: Size;
  /** With the largest pages that its variables allow, and all of its conditional fields. */
  readonly max: Size;
  /** The limit that it exceeds at most. */
  readonly exceededAtMost: string | null;
}

type Settings = Limits & Pick<Config, 'pageSizeMax'>;

/** Reports on documents by the schema of this program, or by another one, which says nothing about costs. */
export const reportOn = (
  documents: readonly StoredDocument[],
  settings: Settings,
  schema: GraphQLSchema = ownSchema,
): readonly OperationReport[] =>
  documents.flatMap((document) => {
    const faults = validateDocument(schema, document.document).map(({ message }) => message);
    return document.operations.map((operation): OperationReport => {
      const { node, name } = operation;
      const isMeasured = faults.length === 0 && schema === ownSchema;
      const cost = isMeasured ? costOf(document, operation, settings) : null;
      const exceeded = cost && exceededBy(cost.withDefaults, settings);
      const needsNothing = (node.variableDefinitions ?? []).every(
        ({ type, defaultValue }) => type.kind !== Kind.NON_NULL_TYPE || defaultValue !== undefined,
      );
      return {
        name: name ?? String(document.ids[0]),
        id: String(document.ids[0]),
        source: document.source,
        problems: exceeded ? [...faults, exceeded] : faults,
        cost,
        runsWithDefaults: faults.length === 0 && node.operation === 'query' && needsNothing,
      };
    });
  });

const costOf = ({ document }: StoredDocument, { node }: StoredOperation, settings: Settings): OperationCost => {
  const sizeFor = createMeasure({ schema: ownSchema, document, node }, settings);
  const defaults = defaultsOf(node);
  const max = sizeFor({ ...defaults, ...largestVariables(node, document, settings) });
  return { withDefaults: sizeFor(defaults), max, exceededAtMost: exceededBy(max, settings) };
};

const exceededBy = (size: Size, settings: Settings): string | null => {
  try {
    checkSize(size, settings);
    return null;
  } catch (error) {
    if (error instanceof DomainError) return error.message;
    throw error;
  }
};

type Values = Readonly<Record<string, unknown>>;

const defaultsOf = ({ variableDefinitions = [] }: OperationDefinitionNode): Values =>
  Object.fromEntries(
    variableDefinitions.flatMap(({ variable, type: typeNode, defaultValue }) => {
      const type = typeFromAST(ownSchema, typeNode);
      return defaultValue && isInputType(type) ? [[variable.name.value, valueFromAST(defaultValue, type)]] : [];
    }),
  );

/** The largest page for variables that are page sizes, and the values of conditions that include their fields. */
const largestVariables = (
  node: OperationDefinitionNode,
  document: StoredDocument['document'],
  { pageSizeMax }: Settings,
): Values => {
  const own = new Set((node.variableDefinitions ?? []).map(({ variable }) => variable.name.value));
  const values: Record<string, unknown> = {};
  visit(document, {
    Field: ({ arguments: passed = [], directives = [] }) => {
      for (const { name, value } of passed)
        if (value.kind === Kind.VARIABLE && /^(first|last)$/.test(name.value)) values[value.name.value] = pageSizeMax;
      for (const { name, arguments: conditions = [] } of directives)
        for (const { value } of conditions)
          if (value.kind === Kind.VARIABLE) values[value.name.value] = name.value === 'include';
    },
  });
  return Object.fromEntries(Object.entries(values).filter(([name]) => own.has(name)));
};
