import {
  type ASTVisitor,
  BREAK,
  type DocumentNode,
  type GraphQLError,
  type GraphQLLeafType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  Kind,
  type Token,
  TokenKind,
  TypeInfo,
  type ValueNode,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createDocumentCache } from './document-cache.ts';

/** Characters of all shapes that are kept. */
const shapesLengthMax = 200_000;

/**
 * Validates documents. Clients that write values into their documents send a new one each time, whose shape is one of few:
 * of a shape that is valid only the values are validated. Stops at `errorsMax` errors: each has suggestions.
 */
export const createValidation = (
  schema: GraphQLSchema,
  errorsMax: number,
): ((document: DocumentNode) => readonly GraphQLError[]) => {
  /** The types of the literals of valid documents, by shape. */
  const literalTypes = createDocumentCache<readonly GraphQLLeafType[]>(shapesLengthMax);
  return (document) => {
    const { text, literals } = shapeOf(document);
    const types = literalTypes.get(text);
    if (types && literals.every((literal, index) => fits(literal, types[index] as GraphQLLeafType))) return [];
    // Errors are those of all rules, in their order.
    const errors = validate(schema, document, undefined, { maxErrors: errorsMax });
    if (errors.length === 0 && !types) {
      const found = literalTypesOf(schema, document);
      if (found?.length === literals.length) literalTypes.set(text, found);
    }
    return errors;
  };
};

/** As the rule for values judges one. */
const fits = (literal: ValueNode, type: GraphQLLeafType): boolean => {
  try {
    return type.parseLiteral(literal, undefined) !== undefined;
  } catch {
    return false;
  }
};

const kindsOfLiterals: Readonly<Partial<Record<TokenKind, Kind.INT | Kind.FLOAT | Kind.STRING>>> = {
  [TokenKind.INT]: Kind.INT,
  [TokenKind.FLOAT]: Kind.FLOAT,
  [TokenKind.STRING]: Kind.STRING,
  [TokenKind.BLOCK_STRING]: Kind.STRING,
};

/**
 * The tokens of a document, with a number for each literal: equal ones have the same, because fields that are merged must
 * have equal arguments. All rules but that of values see the same in documents of one shape.
 */
export const shapeOf = ({ loc }: DocumentNode): { readonly text: string; readonly literals: readonly ValueNode[] } => {
  const numbers = new Map<string, number>();
  const literals: ValueNode[] = [];
  let text = '';
  for (let token: Token | null | undefined = loc?.startToken; token; token = token.next) {
    const { kind, value } = token;
    if (kind === TokenKind.COMMENT) continue;
    const literalKind = kindsOfLiterals[kind];
    if (!literalKind) {
      text += kind === TokenKind.NAME ? ` ${value}` : kind;
      continue;
    }
    literals.push({ kind: literalKind, value });
    const literal = `${kind} ${value}`;
    const number = numbers.get(literal) ?? numbers.size;
    numbers.set(literal, number);
    text += `<${kind} ${number}>`;
  }
  return { text, literals };
};

/** The types of the literals of a valid document in their order; null when a scalar reads a list or an object of them. */
const literalTypesOf = (schema: GraphQLSchema, document: DocumentNode): readonly GraphQLLeafType[] | null => {
  const typeInfo = new TypeInfo(schema);
  const types: GraphQLLeafType[] = [];
  let isSimple = true;
  const stop = (): typeof BREAK => {
    isSimple = false;
    return BREAK;
  };
  const addType = (): typeof BREAK | undefined => {
    const type = getNamedType(typeInfo.getInputType());
    if (!isLeafType(type)) return stop();
    types.push(type);
    return undefined;
  };
  const visitor: ASTVisitor = {
    IntValue: addType,
    FloatValue: addType,
    StringValue: addType,
    ListValue: () => (isListType(getNullableType(typeInfo.getParentInputType())) ? undefined : stop()),
    ObjectValue: () => (isInputObjectType(getNamedType(typeInfo.getInputType())) ? undefined : stop()),
  };
  visit(document, visitWithTypeInfo(typeInfo, visitor));
  return isSimple ? types : null;
};
