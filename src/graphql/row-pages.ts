import { type FieldNode, Kind, type OperationDefinitionNode, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import { schema } from '../../schema/schema.ts';
import { DomainError } from '../errors.ts';
import type { Operation } from './documents.ts';
import type { RowSource } from './trusted-documents/row-source.ts';
import { valueAt } from './trusted-documents/row-text.ts';

/** The alias of what is selected beside each page, to say how to go on. */
const pageKey = 'pageInfoOfRows';

const fieldNode = (name: string): FieldNode => ({ kind: Kind.FIELD, name: { kind: Kind.NAME, value: name } });

const pageField: FieldNode = {
  ...fieldNode('pageInfo'),
  alias: { kind: Kind.NAME, value: pageKey },
  selectionSet: {
    kind: Kind.SELECTION_SET,
    selections: ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor'].map(fieldNode),
  },
};

/** Operations with the position of each page, made once for each operation. */
export const createPagedOperations = (): ((operation: Operation) => Operation) => {
  const made = new WeakMap<Operation, Operation>();
  return (operation) => {
    let paged = made.get(operation);
    if (!paged) {
      paged = withPages(operation);
      made.set(operation, paged);
    }
    return paged;
  };
};

const withPages = (operation: Operation): Operation => {
  const types = new TypeInfo(schema);
  const document = visit(
    operation.document,
    visitWithTypeInfo(types, {
      SelectionSet(set) {
        const parent = types.getParentType();
        if (!parent || !('getFields' in parent) || !('pageInfo' in parent.getFields())) return undefined;
        return { ...set, selections: [...set.selections, pageField] };
      },
    }),
  );
  const index = operation.document.definitions.indexOf(operation.node);
  return { ...operation, document, node: document.definitions[index] as OperationDefinitionNode };
};

type Values = Readonly<Record<string, unknown>>;

/** The request for the rows that follow. */
export interface FollowingRows {
  readonly relation: 'next' | 'prev';
  /** The variables that differ. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * How to go on after these rows; null after the last ones, and where the document says how many it is about. Throws
 * LIMIT_EXCEEDED when rows are missing only because the document does not say how many it wants.
 */
export const followingRows = (
  data: unknown,
  { list, connection }: RowSource,
  variables: Values,
): FollowingRows | null => {
  if (!list || !connection) return null;
  const page = valueAt(data, [...list.slice(0, -1), pageKey]) as Values | null;
  const next = page?.hasNextPage ? variableOf(connection, 'after') : null;
  if (next) return { relation: 'next', variables: { [next]: String(page?.endCursor) } };
  const previous = page?.hasPreviousPage ? variableOf(connection, 'before') : null;
  if (previous) return { relation: 'prev', variables: { [previous]: String(page?.startCursor) } };
  if (page?.hasNextPage && !isLimited(connection, variables))
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `${list.join('.')} has more rows than one page: give the document the arguments first and after as variables`,
    );
  return null;
};

const argumentOf = ({ arguments: values = [] }: FieldNode, name: string) =>
  values.find((argument) => argument.name.value === name)?.value;

const variableOf = (field: FieldNode, name: string): string | null => {
  const value = argumentOf(field, name);
  return value?.kind === Kind.VARIABLE ? value.name.value : null;
};

/** Whether the document or the request says how many rows are wanted. */
const isLimited = (field: FieldNode, variables: Values): boolean =>
  ['first', 'last'].some((name) => {
    const value = argumentOf(field, name);
    if (value?.kind !== Kind.VARIABLE) return value !== undefined && value.kind !== Kind.NULL;
    return typeof variables[value.name.value] === 'number';
  });
