import {
  type ASTNode,
  BREAK,
  defaultFieldResolver,
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLTypeResolver,
  getArgumentValues,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  visit,
} from 'graphql';
import { type Arguments, type ArgumentsReader, argumentsReaderOf } from './arguments.ts';
import { collectFields, type SelectionScope } from './collect-fields.ts';
import type { FixedObjects, FixedSelection, FixedTexts } from './fixed-texts.ts';
import { type LeafText, leafTextOf } from './leaf-text.ts';

/** How a value of a type is completed. */
export interface OutputPlan {
  readonly isNullable: boolean;
  readonly kind: 'LEAF' | 'LIST' | 'OBJECT' | 'ABSTRACT';
  /** Of a leaf. */
  readonly text: LeafText;
  /** Of the items of a list, else null. */
  readonly item: OutputPlan | null;
  /** Of an interface or union, else null. */
  readonly abstractType: GraphQLAbstractType | null;
  readonly resolveType: GraphQLTypeResolver<unknown, unknown>;
  /** Of an object, else null. */
  readonly objectType: GraphQLObjectType | null;
  /** The fields of the objects by their type, planned when the first one is completed. */
  readonly objects: Map<GraphQLObjectType, ObjectPlan>;
}

/** A field of a response, with everything that is the same for all of its objects. */
export interface FieldPlan {
  readonly responseName: string;
  /** What comes before the value: `{"name":` or `,"name":`. */
  readonly prefix: string;
  /** The whole field when its value is the same for all objects, as of `__typename`, else null. */
  readonly constant: string | null;
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  readonly output: OutputPlan;
  /** The arguments when no variable is part of them, frozen; null when each execution must read them. */
  readonly constantArguments: Arguments | null;
  /** Reads them from the variables; null where graphql-js has to. */
  readonly readArguments: ArgumentsReader | null;
  /** Where an execution keeps the arguments that it has read. */
  readonly index: number;
}

/** The fields of an object of one type. */
export interface ObjectPlan {
  readonly type: GraphQLObjectType;
  readonly fields: readonly FieldPlan[];
  /** Of objects whose text is remembered, else null. */
  readonly selection: FixedSelection | null;
}

/** How one operation is executed while the conditions of its `@skip` and `@include` have certain values. */
export interface OperationPlan extends SelectionScope {
  readonly operation: OperationDefinitionNode;
  readonly fixed: FixedObjects | null;
  readonly texts: FixedTexts;
  /** Fields planned so far. */
  fieldCount: number;
  /** How often it was executed: only what is requested again is worth remembering. */
  executions: number;
}

/** Plans the fields that nodes select of an object of a type. Throws what `collectFields` throws. */
export const planObject = (
  plan: OperationPlan,
  type: GraphQLObjectType,
  nodes: readonly Pick<FieldNode, 'selectionSet'>[],
): ObjectPlan => {
  const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  const fields: FieldPlan[] = [];
  for (const [responseName, fieldNodes] of collectFields(plan, type, selectionSets)) {
    const prefix = `${fields.length === 0 ? '{' : ','}"${responseName}":`;
    const field = planField(plan, { parentType: type, responseName, prefix, nodes: fieldNodes });
    if (field) fields.push(field);
  }
  const keyOf = plan.fixed?.keyOf(type);
  const selection =
    keyOf && !type.isTypeOf && fields.every((field) => isFixed(plan, field)) ? plan.texts.select(keyOf) : null;
  return { type, fields, selection };
};

/** The plan of the objects of a type that a field's value has, made once. */
export const objectPlanOf = (
  plan: OperationPlan,
  { objects }: OutputPlan,
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
): ObjectPlan => {
  const known = objects.get(type);
  if (known) return known;
  const planned = planObject(plan, type, nodes);
  objects.set(type, planned);
  return planned;
};

const isFixed = (plan: OperationPlan, field: FieldPlan): boolean => {
  const { constant, constantArguments, output } = field;
  if (constant !== null) return true;
  if (constantArguments === null || !plan.fixed?.isFixed(field.parentType, field.definition)) return false;
  let inner = output;
  while (inner.item) inner = inner.item;
  if (inner.kind === 'LEAF') return true;
  if (!inner.objectType) return false;
  return objectPlanOf(plan, inner, inner.objectType, field.nodes).fields.every((each) => isFixed(plan, each));
};

type FieldToPlan = Pick<FieldPlan, 'parentType' | 'responseName' | 'prefix' | 'nodes'>;

const definitionOf = (
  { schema }: OperationPlan,
  parentType: GraphQLObjectType,
  { name: { value: name } }: FieldNode,
): GraphQLField<unknown, unknown> | undefined => {
  if (parentType === schema.getQueryType())
    for (const introspection of [SchemaMetaFieldDef, TypeMetaFieldDef])
      if (introspection.name === name) return introspection;
  return parentType.getFields()[name];
};

/** Undefined for a field that the type does not have. */
const planField = (plan: OperationPlan, field: FieldToPlan): FieldPlan | undefined => {
  const { parentType, prefix, nodes } = field;
  const [node] = nodes as readonly [FieldNode];
  const isTypename = node.name.value === '__typename';
  // A constant is not resolved: the definition of any other field will do.
  const definition = isTypename ? Object.values(parentType.getFields())[0] : definitionOf(plan, parentType, node);
  if (!definition) return undefined;
  const constantArguments = isTypename ? noArguments : constantArgumentsOf(definition, node);
  const isConstant = (value: ASTNode): boolean => !hasVariable(value);
  return {
    ...field,
    constant: isTypename ? `${prefix}"${parentType.name}"` : null,
    definition,
    resolve: definition.resolve ?? defaultFieldResolver,
    output: planOutput(definition.type),
    constantArguments,
    readArguments: constantArguments ? null : argumentsReaderOf(definition, node, isConstant),
    index: plan.fieldCount++,
  };
};

const noText: LeafText = () => {
  throw new Error('only leaves have a text');
};

const planOutput = (type: GraphQLOutputType): OutputPlan => {
  if (isNonNullType(type)) return { ...planOutput(type.ofType as GraphQLOutputType), isNullable: false };
  const isAbstract = isAbstractType(type);
  const kind = isLeafType(type) ? 'LEAF' : isListType(type) ? 'LIST' : isAbstract ? 'ABSTRACT' : 'OBJECT';
  return {
    isNullable: true,
    kind,
    text: isLeafType(type) ? leafTextOf(type) : noText,
    item: isListType(type) ? planOutput(type.ofType) : null,
    abstractType: isAbstract ? type : null,
    resolveType: (isAbstract && type.resolveType) || defaultTypeResolver,
    objectType: kind === 'OBJECT' ? (type as GraphQLObjectType) : null,
    objects: new Map(),
  };
};

const noArguments: Arguments = Object.freeze({});

const constantArgumentsOf = (definition: GraphQLField<unknown, unknown>, node: FieldNode): Arguments | null => {
  if (definition.args.length === 0) return noArguments;
  if (node.arguments?.some((argument) => hasVariable(argument))) return null;
  try {
    // Objects of all requests share them.
    return Object.freeze(getArgumentValues(definition, node));
  } catch {
    // Each object must have this error: it is thrown when its arguments are read.
    return null;
  }
};

const hasVariable = (node: ASTNode): boolean => {
  let found = false;
  visit(node, {
    [Kind.VARIABLE]() {
      found = true;
      return BREAK;
    },
  });
  return found;
};
