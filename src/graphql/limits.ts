import {
  type ArgumentNode,
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
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';

export type Limits = Pick<
  Config,
  'queryDepthMax' | 'queryFieldsMax' | 'queryRowsMax' | 'queryScansMax' | 'pageSizeDefault'
>;

/** The size of an operation with its fragments expanded, without what it skips. */
export interface Size {
  readonly depth: number;
  readonly fields: number;
  /** The most rows its innermost pages may have: nested page sizes multiplied. */
  readonly rows: number;
  /** Fields that scan all facts. */
  readonly scans: number;
}

const nothing: Size = { depth: 0, fields: 0, rows: 0, scans: 0 };

/** An operation and what it belongs to. */
interface OperationToMeasure {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
}

/** Coerced, with their defaults. */
type Variables = Readonly<Record<string, unknown>>;

/** Sizes of one operation that are kept; a client that varies its variables more than that pays for measuring. */
const sizesMax = 64;

/**
 * Measures an operation by its variables. It depends only on those that are page sizes or conditions of `@skip` and
 * `@include`, so the size for their values is kept.
 */
export const createMeasure = (operation: OperationToMeasure, limits: Limits): ((variables: Variables) => Size) => {
  const names = (operation.node.variableDefinitions ?? []).length === 0 ? [] : relevantVariables(operation.document);
  const known = new Map<string, Size>();
  return (variables) => {
    const key = names.length === 0 ? '' : JSON.stringify(names.map((name) => variables[name]));
    let size = known.get(key);
    if (!size) {
      if (known.size >= sizesMax) known.clear();
      size = measure(operation, variables, limits);
      known.set(key, size);
    }
    return size;
  };
};

/** Names of the variables that sizes depend on. */
const relevantVariables = (document: DocumentNode): string[] => {
  const names = new Set<string>();
  const add = ({ value }: ArgumentNode): void => {
    if (value.kind === Kind.VARIABLE) names.add(value.name.value);
  };
  visit(document, {
    Directive: ({ arguments: conditions = [] }) => conditions.forEach(add),
    Field({ arguments: args = [] }) {
      for (const argument of args) if (isPageSize(argument) || isListOfKeys(argument)) add(argument);
    },
  });
  return [...names];
};

const isPageSize = ({ name: { value } }: ArgumentNode): boolean => value === 'first' || value === 'last';

/** Throws LIMIT_EXCEEDED naming the setting when an operation is too deep, too wide or may return too many rows. */
export const checkSize = ({ depth, fields, rows, scans }: Size, limits: Limits): void => {
  const refuse = (what: string, setting: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `the operation ${what} (setting ${setting})`);
  };
  if (depth > limits.queryDepthMax) refuse(`is deeper than ${limits.queryDepthMax} fields`, 'queryDepthMax');
  if (fields > limits.queryFieldsMax) refuse(`has more than ${limits.queryFieldsMax} fields`, 'queryFieldsMax');
  if (rows > limits.queryRowsMax) refuse(`may return more than ${limits.queryRowsMax} rows`, 'queryRowsMax');
  if (scans > limits.queryScansMax) refuse(`scans all facts more than ${limits.queryScansMax} times`, 'queryScansMax');
};

/** The size of an operation beside its limits, for clients that ask for it. */
export const costOf = ({ depth, fields, rows, scans }: Size, limits: Limits) => ({
  depth: { value: depth, max: limits.queryDepthMax },
  fields: { value: fields, max: limits.queryFieldsMax },
  rows: { value: rows, max: limits.queryRowsMax },
  scans: { value: scans, max: limits.queryScansMax },
});

/** Measures each fragment once, however often it is spread, so that doubling fragments cost nothing to refuse. */
const measure = (
  { schema, document, node: operation }: OperationToMeasure,
  variables: Variables,
  limits: Limits,
): Size => {
  const root = schema.getRootType(operation.operation);
  if (!root) return nothing;
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
      const size = isSkipped(node, variables)
        ? nothing
        : node.kind === Kind.FIELD
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

/** A skipped selection costs nothing. */
const isSkipped = ({ directives = [] }: SelectionNode, variables: Variables): boolean =>
  directives.some(({ name, arguments: args = [] }) => {
    const [condition] = args;
    if (!condition || (name.value !== 'skip' && name.value !== 'include')) return false;
    const { value } = condition;
    const isTrue =
      value.kind === Kind.VARIABLE ? variables[value.name.value] === true : value.kind === Kind.BOOLEAN && value.value;
    return isTrue === (name.value === 'skip');
  });

const typeOf = (schema: GraphQLSchema, name: string | undefined): GraphQLCompositeType | undefined => {
  const type = name === undefined ? undefined : schema.getType(name);
  return isCompositeType(type) ? type : undefined;
};

/** Arguments of keys to each of which a field returns an object. */
const isListOfKeys = ({ name: { value } }: ArgumentNode): boolean => value === 'ids' || value === 'addresses';

/** Keys to which a field returns an object each; 0 for another field. */
const keyCount = ({ arguments: args = [] }: FieldNode, variables: Variables): number => {
  const value = args.find(isListOfKeys)?.value;
  if (!value) return 0;
  if (value.kind === Kind.LIST) return value.values.length;
  const ids = value.kind === Kind.VARIABLE ? variables[value.name.value] : null;
  return Array.isArray(ids) ? ids.length : 1;
};

/** The most rows a field may return; 0 for a field that is not a page. */
const listLength = (
  { args, extensions }: GraphQLField<unknown, unknown>,
  field: FieldNode,
  variables: Variables,
  { pageSizeDefault }: Limits,
): number => {
  const first = args.find(({ name }) => name === 'first');
  if (!first) return keyCount(field, variables);
  for (const argument of field.arguments ?? []) {
    if (!isPageSize(argument)) continue;
    const { value } = argument;
    const size =
      value.kind === Kind.VARIABLE ? variables[value.name.value] : value.kind === Kind.INT ? value.value : null;
    if (size !== null && size !== undefined) return Math.max(0, Number(size));
  }
  if (typeof first.defaultValue === 'number') return first.defaultValue;
  return typeof extensions.pageSize === 'number' ? extensions.pageSize : pageSizeDefault;
};
