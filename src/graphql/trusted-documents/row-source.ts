import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLOutputType,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNullableType,
  isCompositeType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from 'graphql';
import { schema } from '../../../schema/schema.ts';
import { DomainError } from '../../errors.ts';

/** An operation with the variables that decide which of its fields are included. */
export interface SelectedOperation {
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** A field of the response: its key, its type, and all that is selected below it. */
interface SelectedField {
  readonly key: string;
  readonly type: GraphQLOutputType;
  readonly nodes: readonly FieldNode[];
}

/** Keys of the response, from the outside in. */
export type ResponsePath = readonly string[];

/** The list of a response that becomes rows. */
export interface RowSource {
  /** The path of the list; null when the response has none, and is one row as a whole. */
  readonly list: ResponsePath | null;
  /** The columns as paths inside an item, in the order of the document; an empty path for items that are no objects. */
  readonly columns: readonly ResponsePath[];
  /** The field that holds the list as a page, for a list of a connection. */
  readonly connection: FieldNode | null;
}

interface FoundList {
  readonly path: ResponsePath;
  readonly item: GraphQLOutputType;
  readonly nodes: readonly FieldNode[];
  readonly connection: FieldNode | null;
}

/**
 * The list of an operation that becomes rows: the only one of objects outside of other lists, or the only one of values.
 * Lists inside of its items are cells. Throws BAD_REQUEST when there are several, naming them.
 */
export const rowSourceOf = (operation: SelectedOperation): RowSource => {
  const selection = createSelection(operation);
  const root = schema.getRootType(operation.node.operation) as GraphQLCompositeType;
  const lists = listsIn(selection, { parent: root, sets: [operation.node.selectionSet] });
  const ofObjects = lists.filter(({ item }) => isCompositeType(getNullableType(item)));
  const candidates = ofObjects.length > 0 ? ofObjects : lists;
  if (candidates.length > 1) {
    const names = candidates.map(({ path }) => path.join('.')).join(', ');
    throw new DomainError('BAD_REQUEST', `the document has several lists, of which one must become the rows: ${names}`);
  }
  const [list] = candidates;
  if (!list)
    return {
      list: null,
      columns: columnsOf(selection, { parent: root, sets: [operation.node.selectionSet] }),
      connection: null,
    };
  const item = getNullableType(list.item);
  const columns = isCompositeType(item) ? columnsOf(selection, { parent: item, sets: setsOf(list.nodes) }) : [[]];
  return { list: list.path, columns, connection: list.connection };
};

interface Level {
  readonly parent: GraphQLCompositeType;
  readonly sets: readonly SelectionSetNode[];
}

type Selection = (level: Level) => readonly SelectedField[];

const setsOf = (nodes: readonly FieldNode[]): SelectionSetNode[] =>
  nodes.flatMap(({ selectionSet }) => selectionSet ?? []);

const listsIn = (
  selection: Selection,
  level: Level,
  path: ResponsePath = [],
  parent: FieldNode | null = null,
): FoundList[] => {
  const isConnection = 'getFields' in level.parent && 'pageInfo' in level.parent.getFields();
  return selection(level).flatMap(({ key, type, nodes }): FoundList[] => {
    const inner = getNullableType(type);
    const at = [...path, key];
    if (isListType(inner)) return [{ path: at, item: inner.ofType, nodes, connection: isConnection ? parent : null }];
    return isCompositeType(inner)
      ? listsIn(selection, { parent: inner, sets: setsOf(nodes) }, at, nodes[0] ?? null)
      : [];
  });
};

const columnsOf = (selection: Selection, level: Level, path: ResponsePath = []): ResponsePath[] =>
  selection(level).flatMap(({ key, type, nodes }) => {
    const inner = getNullableType(type);
    const at = [...path, key];
    return isCompositeType(inner) ? columnsOf(selection, { parent: inner, sets: setsOf(nodes) }, at) : [at];
  });

const metaFields = [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef];

const typeOf = (parent: GraphQLCompositeType, name: string): GraphQLOutputType | undefined => {
  const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
  return (field ?? metaFields.find((each) => each.name === name))?.type;
};

/** Fields of a level by their key: those of all fragments, because an item may be of any type that they name. */
const createSelection = ({ document, variables }: SelectedOperation): Selection => {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);

  const isIncluded = (node: SelectionNode): boolean =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.if !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;

  return ({ parent: outer, sets }) => {
    const fields = new Map<string, { key: string; type: GraphQLOutputType; nodes: FieldNode[] }>();
    const collect = ({ selections }: SelectionSetNode, parent: GraphQLCompositeType): void => {
      for (const node of selections) {
        if (!isIncluded(node)) continue;
        if (node.kind === Kind.FIELD) {
          const key = node.alias?.value ?? node.name.value;
          const type = typeOf(parent, node.name.value);
          const known = fields.get(key);
          if (known) known.nodes.push(node);
          else if (type) fields.set(key, { key, type, nodes: [node] });
          continue;
        }
        const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
        const type = fragment?.typeCondition ? schema.getType(fragment.typeCondition.name.value) : parent;
        if (fragment && isCompositeType(type)) collect(fragment.selectionSet, type);
      }
    };
    for (const set of sets) collect(set, outer);
    return [...fields.values()];
  };
};
