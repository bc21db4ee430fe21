import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  GraphQLString,
  isEnumType,
} from 'graphql';

/** Writes a value of a leaf type, neither null nor undefined, as JSON. Throws what `serialize` of the type throws. */
export type LeafText = (value: unknown) => string;

/** Longer texts are faster to write by JSON.stringify, which is native, than one character after the other. */
const scannedLengthMax = 48;

/** A text as JSON, the same as JSON.stringify. */
const quoted = (text: string): string => {
  const { length } = text;
  if (length > scannedLengthMax) return JSON.stringify(text);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    // Controls, the quote, the backslash, and surrogates, of which a lone one is escaped.
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code >= 0xd800 && code <= 0xdfff))
      return JSON.stringify(text);
  }
  return `"${text}"`;
};

/** The text of what `serialize` returns. */
const serialized =
  (type: GraphQLLeafType): LeafText =>
  (value) => {
    const result: unknown = type.serialize(value);
    if (typeof result === 'string') return quoted(result);
    if (result === undefined || result === null)
      throw new Error(`serialize of ${type.name} must not return ${result === null ? 'null' : 'undefined'}`);
    return JSON.stringify(result) ?? 'null';
  };

const int32Max = 2 ** 31 - 1;

/** The writer of a leaf type. What the common values of the built-in types are is known: they need no `serialize`. */
export const leafTextOf = (type: GraphQLLeafType): LeafText => {
  const other = serialized(type);
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ name, value }) => [value as unknown, quoted(name)]));
    return (value) => texts.get(value) ?? other(value);
  }
  switch (type) {
    case GraphQLString:
    case GraphQLID:
      return (value) => (typeof value === 'string' ? quoted(value) : other(value));
    case GraphQLInt:
      return (value) =>
        typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= int32Max ? `${value}` : other(value);
    case GraphQLFloat:
      return (value) => (typeof value === 'number' && Number.isFinite(value) ? `${value}` : other(value));
    case GraphQLBoolean:
      return (value) => (value === true ? 'true' : value === false ? 'false' : other(value));
    default:
      return other;
  }
};
