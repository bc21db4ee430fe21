import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';

type Limits = Pick<Config, 'queryDepthMax' | 'queryFieldsMax' | 'queryRowsMax' | 'queryScansMax' | 'pageSizeDefault'>;

/** The size of an operation with its fragments expanded. */
interface Size {
  readonly depth: number;
  readonly fields: number;
  /** The most rows its innermost pages may have: nested page sizes multiplied. */
  readonly rows: number;
  /** Fields that scan all facts. */
  readonly scans: number;
}

const nothing: Size = { depth: 0, fields: 0, rows: 0, scans: 0 };

/** An operation, what it belongs to, and its variables with their defaults. */
interface OperationToMeasure {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * Throws LIMIT_EXCEEDED naming the setting when an operation is too deep, too wide or may return too many rows. Each
 * fragment is measured once, however often it is spread, so that doubling fragments cost nothing to refuse.
 */
export const checkOperation = (operation: OperationToMeasure, limits: Limits): void => {
  const root = operation.schema.getRootType(operation.operation.operation);
  if (!root) return;
  const { depth, fields, rows, scans } = measure(operation, root, limits);
  const refuse = (what: string, setting: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `the operation ${what} (setting ${setting})`);
  };
  if (depth > limits.queryDepthMax) refuse(`is deeper than ${limits.queryDepthMax} fields`, 'queryDepthMax');
  if (fields > limits.queryFieldsMax) refuse(`has more than ${limits.queryFieldsMax} fields`, 'queryFieldsMax');
  if (rows > limits.queryRowsMax) refuse(`may return more than ${limits.queryRowsMax} rows`, 'queryRowsMax');
  if (scans > limits.queryScansMax) refuse(`scans all facts more than ${limits.queryScansMax} times`, 'queryScansMax');
};

const measure = (
  { schema, document, operation, variables }: OperationToMeasure,
  root: GraphQLCompositeType,
  limits: Limits,
): Size => {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const measured = new Map<string, Size>();

  const ofFragment = (name: string): Size => {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const size = fragment && isCompositeType(type) ? ofSelections(fragment.selectionSet, type) : nothing;
    measured.set(name, size);
    return size;
  };

  const ofField = (field: FieldNode, parent: GraphQLCompositeType): Size => {
    // Introspection is bounded by graphql-js itself.
    if (field.name.value.startsWith('__')) return nothing;
    const definition = 'getFields' in parent ? parent.getFields()[field.name.value] : undefined;
    const type = definition && getNamedType(definition.type);
    const inner = field.selectionSet && isCompositeType(type) ? ofSelections(field.selectionSet, type) : nothing;
    const length = definition ? listLength(definition, field, variables, limits) : 0;
    const rows = length === 0 ? inner.rows : length * Math.max(1, inner.rows);
    const own = definition?.extensions.goesThroughAllFacts ? 1 : 0;
    const scans = own + inner.scans * Math.max(1, length);
    return { depth: inner.depth + 1, fields: inner.fields + 1, rows, scans };
  };

  const ofSelections = ({ selections: nodes }: SelectionSetNode, parent: GraphQLCompositeType): Size =>
    nodes.reduce((sum: Size, node): Size => {
      const size =
        node.kind === Kind.FIELD
          ? ofField(node, parent)
          : node.kind === Kind.FRAGMENT_SPREAD
            ? ofFragment(node.name.value)
            : ofSelections(node.selectionSet, typeOf(schema, node.typeCondition?.name.value) ?? parent);
      return {
        depth: Math.max(sum.depth, size.depth),
        fields: sum.fields + size.fields,
        rows: sum.rows + size.rows,
        scans: sum.scans + size.scans,
      };
    }, nothing);

  return ofSelections(operation.selectionSet, root);
};

const typeOf = (schema: GraphQLSchema, name: string | undefined): GraphQLCompositeType | undefined => {
  const type = name === undefined ? undefined : schema.getType(name);
  return isCompositeType(type) ? type : undefined;
};

/** The most rows a field may return; 0 for a field that is not a page. */
const listLength = (
  { args }: GraphQLField<unknown, unknown>,
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  { pageSizeDefault }: Limits,
): number => {
  const first = args.find(({ name }) => name === 'first');
  if (!first) return 0;
  for (const { name, value } of field.arguments ?? []) {
    if (name.value !== 'first' && name.value !== 'last') continue;
    const size =
      value.kind === Kind.VARIABLE ? variables[value.name.value] : value.kind === Kind.INT ? value.value : null;
    if (size !== null && size !== undefined) return Math.max(0, Number(size));
  }
  return typeof first.defaultValue === 'number' ? first.defaultValue : pageSizeDefault;
};
