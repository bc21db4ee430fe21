import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import type { Budget } from '../lib/work.ts';
import { countOf, type Variables, valuesIn } from './input-size.ts';
import { createIntrospection, introspectionWeight } from './introspection-cost.ts';

export type Limits = Pick<
  Config,
  'queryDepthMax' | 'queryFieldsMax' | 'queryRowsMax' | 'queryScansMax' | 'queryCostMax' | 'pageSizeDefault'
>;

/** The size of an operation with its fragments expanded, without what it skips. */
export interface Size {
  readonly depth: number;
  readonly fields: number;
  /** The most rows its innermost pages may have: nested page sizes multiplied. */
  readonly rows: number;
  /** Fields that scan all facts. */
  readonly scans: number;
  /** The values that it may resolve, those that have to be loaded or joined counted several times, and those in its arguments. */
  readonly cost: number;
}

const nothing: Size = { depth: 0, fields: 0, rows: 0, scans: 0, cost: 0 };
const typename: Size = { ...nothing, cost: 1 };

/** An operation and what it belongs to. */
interface OperationToMeasure {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
}

/** Sizes of one operation that are kept; a client that varies its variables more than that pays for measuring. */
const sizesMax = 64;

/**
 * Measures an operation by its variables. It depends only on those that are page sizes or conditions of `@skip` and
 * `@include`, and on how many values others have, so the size for these is kept.
 */
export const createMeasure = (operation: OperationToMeasure, limits: Limits): ((variables: Variables) => Size) => {
  const names = (operation.node.variableDefinitions ?? []).length === 0 ? [] : relevantVariables(operation.document);
  const counted = countedVariables(operation);
  const known = new Map<string, Size>();
  return (variables) => {
    const counts = counted.map((name) => countOf(variables[name]));
    const key =
      names.length + counts.length === 0 ? '' : JSON.stringify([names.map((name) => variables[name]), counts]);
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
      for (const argument of args) if (isPageSize(argument)) add(argument);
    },
  });
  return [...names];
};

/** Names of the variables that may have many values: lists and input objects. */
const countedVariables = ({ schema, node: { variableDefinitions = [] } }: OperationToMeasure): string[] =>
  variableDefinitions
    .filter(({ type }) => {
      const nullable = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
      return nullable.kind === Kind.LIST_TYPE || isInputObjectType(schema.getType(nullable.name.value));
    })
    .map(({ variable }) => variable.name.value);

/** What each value of an argument costs: it is read, compared and looked up. */
const valueWeight = 3;

const isPageSize = ({ name: { value } }: ArgumentNode): boolean => value === 'first' || value === 'last';

/** Throws LIMIT_EXCEEDED naming the setting when an operation is too deep, too wide or may return too many rows. */
export const checkSize = ({ depth, fields, rows, scans, cost }: Size, limits: Limits): void => {
  const refuse = (what: string, setting: string): never => {
    throw new DomainError('LIMIT_EXCEEDED', `the operation ${what} (setting ${setting})`);
  };
  if (depth > limits.queryDepthMax) refuse(`is deeper than ${limits.queryDepthMax} fields`, 'queryDepthMax');
  if (fields > limits.queryFieldsMax) refuse(`has more than ${limits.queryFieldsMax} fields`, 'queryFieldsMax');
  if (rows > limits.queryRowsMax) refuse(`may return more than ${limits.queryRowsMax} rows`, 'queryRowsMax');
  if (cost > limits.queryCostMax)
    refuse(`costs ${cost}, more than ${limits.queryCostMax}: request smaller pages or fewer fields`, 'queryCostMax');
  if (scans > limits.queryScansMax) refuse(`scans all facts more than ${limits.queryScansMax} times`, 'queryScansMax');
};

/** The values and errors that the answer of a query may have. */
export const budgetOf = (limits: Pick<Config, 'queryCostMax' | 'queryErrorsMax'>): Budget => {
  const { queryCostMax: valuesMax, queryErrorsMax: errorsMax } = limits;
  const reasons = {
    values: `${valuesMax} values: request smaller pages or fewer fields (setting queryCostMax)`,
    errors: `${errorsMax} errors: correct what the first ones of a smaller page name (setting queryErrorsMax)`,
  };
  return {
    ...{ valuesMax, errorsMax },
    exceeded: (what) => new DomainError('LIMIT_EXCEEDED', `the answer has more than ${reasons[what]}`),
  };
};

/** The size of an operation beside its limits, for clients that ask for it. */
export const costOf = ({ depth, fields, rows, scans, cost }: Size, limits: Limits) => ({
  depth: { value: depth, max: limits.queryDepthMax },
  fields: { value: fields, max: limits.queryFieldsMax },
  rows: { value: rows, max: limits.queryRowsMax },
  scans: { value: scans, max: limits.queryScansMax },
  cost: { value: cost, max: limits.queryCostMax },
});

/** Where a field is, as far as its cost depends on it. */
interface Surrounding {
  /** Items of the page whose field it is; 0 outside of pages. */
  readonly pageLength: number;
  /** Whether it is a field of a row: few rows have as many items as a page may have. */
  readonly isOfRow: boolean;
}

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
  const introspectionOf = createIntrospection(schema);

  const ofFragment = (name: string, around: Surrounding): Size => {
    const key = `${name} ${around.pageLength} ${around.isOfRow}`;
    const known = measured.get(key);
    if (known) return known;
    const fragment = fragments.get(name);
    const type = fragment && schema.getType(fragment.typeCondition.name.value);
    const size = fragment && isCompositeType(type) ? ofSelections(fragment.selectionSet, type, around) : nothing;
    measured.set(key, size);
    return size;
  };

  const ofField = (field: FieldNode, parent: GraphQLCompositeType, { pageLength, isOfRow }: Surrounding): Size => {
    const { value: name } = field.name;
    if (name === TypeNameMetaFieldDef.name) return typename;
    const introspected = isIntrospectionType(parent) || name.startsWith('__') ? introspectionOf(parent, name) : null;
    const definition = introspected?.definition ?? ('getFields' in parent ? parent.getFields()[name] : undefined);
    const type = definition && getNamedType(definition.type);
    const length = definition && !introspected ? listLength(definition, field, variables, limits) : 0;
    const likely = isOfRow ? Math.min(length, limits.pageSizeDefault) : length;
    const items = introspected?.items ?? itemsOf(definition, field, { length: likely, pageLength });
    const around: Surrounding = { pageLength: likely, isOfRow: isOfRow || items > 1 };
    const inner =
      field.selectionSet && isCompositeType(type) ? ofSelections(field.selectionSet, type, around) : nothing;
    const own = introspected ? introspectionWeight : weightOf(definition) * items;
    const cost = Math.ceil(own + valueWeight * valuesIn(field, variables) + items * inner.cost);
    // Introspection nests as deep as types do, whatever the depth of data.
    if (introspected) return { depth: 0, fields: inner.fields + 1, rows: 0, scans: 0, cost };
    const rows = length === 0 ? inner.rows : length * Math.max(1, inner.rows);
    const scans = (definition?.extensions.goesThroughAllFacts ? 1 : 0) + inner.scans * Math.max(1, length);
    return { depth: inner.depth + 1, fields: inner.fields + 1, rows, scans, cost };
  };

  const ofSelections = (
    { selections: nodes }: SelectionSetNode,
    parent: GraphQLCompositeType,
    around: Surrounding,
  ): Size =>
    nodes.reduce((sum: Size, node): Size => {
      const size = isSkipped(node, variables)
        ? nothing
        : node.kind === Kind.FIELD
          ? ofField(node, parent, around)
          : node.kind === Kind.FRAGMENT_SPREAD
            ? ofFragment(node.name.value, around)
            : ofSelections(node.selectionSet, typeOf(schema, node.typeCondition?.name.value) ?? parent, around);
      return {
        depth: Math.max(sum.depth, size.depth),
        fields: sum.fields + size.fields,
        rows: sum.rows + size.rows,
        scans: sum.scans + size.scans,
        cost: sum.cost + size.cost,
      };
    }, nothing);

  return ofSelections(operation.selectionSet, root, { pageLength: 0, isOfRow: false });
};

/** What an object costs beside a value: it is looked up, and completed on its own. */
const objectWeight = 3;

/** What each item of a field costs itself: its extension `cost`. */
const weightOf = (definition: GraphQLField<unknown, unknown> | undefined): number => {
  if (!definition) return 1;
  const { cost } = definition.extensions;
  if (typeof cost === 'number') return cost;
  return isCompositeType(getNamedType(definition.type)) ? objectWeight : 1;
};

/** Items that a list without arguments is assumed to have. */
const unpagedItems = 10;

/** How many objects a field has: those of its page, where it is the list of a page. */
const itemsOf = (
  definition: GraphQLField<unknown, unknown> | undefined,
  { name: { value: name } }: FieldNode,
  { length, pageLength }: { readonly length: number; readonly pageLength: number },
): number => {
  if (!definition || !isListType(getNullableType(definition.type))) return 1;
  if (length > 0) return length;
  return pageLength > 0 && (name === 'nodes' || name === 'edges') ? pageLength : unpagedItems;
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
