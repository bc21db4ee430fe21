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
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { createDocumentCache } from './document-cache.ts';
import { validateInSlices } from './sliced-validation.ts';
import { validateDocument } from './trusted-documents/validate-document.ts';

/** Characters of all shapes that are kept. */
const shapesLengthMax = 200_000;

/** Validates documents: returns their errors. Stops at so many: each has suggestions. */
export interface Validation {
  validate(document: DocumentNode): readonly GraphQLError[];
  /** The same for a large document, whose validation takes long. */
  validateInSlices(document: DocumentNode): Promise<readonly GraphQLError[]>;
}

/**
 * Validates documents. Clients that write values into their documents send a new one each time, whose shape is one of few:
 * of a shape that is valid only the values are validated.
 */
export const createValidation = (schema: GraphQLSchema, errorsMax: number): Validation => {
  /** The types of the literals of valid documents, by shape. */
  const literalTypes = createDocumentCache<readonly GraphQLLeafType[]>(shapesLengthMax);

  const isKnown = ({ text, literals }: Shape): boolean => {
    const types = literalTypes.get(text);
    return types?.length === literals.length && types.every((type, index) => fits(literals[index] as ValueNode, type));
  };
  const remember = (document: DocumentNode, { text, literals }: Shape): void => {
    if (literalTypes.has(text)) return;
    const types = literalTypesOf(schema, document);
    if (types?.length === literals.length) literalTypes.set(text, types);
  };

  return {
    validate(document) {
      const shape = shapeOf(document);
      if (isKnown(shape)) return [];
      // Errors are those of all rules, in their order.
      const errors = validateDocument(schema, document, errorsMax);
      if (errors.length === 0) remember(document, shape);
      return errors;
    },
    async validateInSlices(document) {
      const shape = shapeOf(document);
      if (isKnown(shape)) return [];
      const errors = await validateInSlices(schema, document, errorsMax);
      if (errors.length === 0) remember(document, shape);
      return errors;
    },
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

interface Shape {
  readonly text: string;
  readonly literals: readonly ValueNode[];
}

/**
 * The tokens of a document, with a number for each literal: equal ones have the same, because fields that are merged must
 * have equal arguments. All rules but that of values see the same in documents of one shape.
 */
export const shapeOf = ({ loc }: DocumentNode): Shape => {
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
