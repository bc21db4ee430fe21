import {
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';

/** A source of choices: `below(n)` is a whole number from 0 to n - 1. */
export interface Choices {
  below(count: number): number;
}

export interface RandomOperation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface RandomOperationOptions {
  /** Values of scalars that are not built in, by type name; any other one is written as a text. */
  readonly scalars?: Readonly<Record<string, readonly unknown[]>>;
  /** Root fields that may be selected; default: all. */
  readonly rootFields?: readonly string[];
  readonly depthMax?: number;
}

const builtIn: Readonly<Record<string, readonly unknown[]>> = {
  Int: [0, 1, 3, 7, -1],
  Float: [0, 1.5, -2, 1e21],
  String: ['', 'a', 'text "quoted"\n\u2028', 'Zürich 🎲'],
  ID: ['a', '1', 'u-1001', 7],
  Boolean: [true, false],
};

/** Writes random queries over a schema: arguments as literals and variables, fit or not, aliases, fragments, conditions. */
export const randomOperation = (
  schema: GraphQLSchema,
  choices: Choices,
  options: RandomOperationOptions = {},
): RandomOperation => {
  const writer = new OperationWriter(schema, choices, options);
  return writer.operation();
};

class OperationWriter {
  readonly #schema: GraphQLSchema;
  readonly #choices: Choices;
  readonly #options: RandomOperationOptions;
  readonly #definitions: string[] = [];
  readonly #variables: Record<string, unknown> = {};
  readonly #fragments: string[] = [];
  #names = 0;

  constructor(schema: GraphQLSchema, choices: Choices, options: RandomOperationOptions) {
    this.#schema = schema;
    this.#choices = choices;
    this.#options = options;
  }

  operation(): RandomOperation {
    const root = this.#schema.getQueryType();
    if (!root) throw new Error('the schema has no queries');
    const selections = this.#selections(root, 0);
    const definitions = this.#definitions.length > 0 ? `(${this.#definitions.join(', ')})` : '';
    const text = [`query Random${definitions} ${selections}`, ...this.#fragments].join('\n');
    return { text, variables: this.#variables };
  }

  #one<T>(values: readonly T[]): T {
    return values[this.#choices.below(values.length)] as T;
  }

  #chance(of: number): boolean {
    return this.#choices.below(of) === 0;
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#names}`;
  }

  #selections(type: GraphQLCompositeType, depth: number): string {
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const isRoot = depth === 0;
    const allowed = fields.filter(
      (field) =>
        (!isRoot || !this.#options.rootFields || this.#options.rootFields.includes(field.name)) &&
        (depth < (this.#options.depthMax ?? 5) || !isCompositeType(getNamedType(field.type))),
    );
    const parts: string[] = [];
    const count = 1 + this.#choices.below(4);
    for (let index = 0; index < count; index++) {
      const field = allowed.length > 0 && !this.#chance(9) ? this.#one(allowed) : undefined;
      const part = field ? this.#field(field, depth) : `${this.#name('kind')}: __typename`;
      parts.push(part);
      // The same field again is merged into one.
      if (this.#chance(7)) parts.push(part);
    }
    if (this.#chance(3)) parts.push(this.#fragment(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    if (depth > (this.#options.depthMax ?? 5)) return '__typename';
    const interfaces = isObjectType(type) ? type.getInterfaces() : this.#schema.getPossibleTypes(type);
    const condition = this.#one([type, ...interfaces]);
    const selections = this.#selections(condition, Math.max(1, depth));
    if (this.#chance(2)) return `... on ${condition.name}${this.#condition()} ${selections}`;
    const name = this.#name('Part');
    this.#fragments.push(`fragment ${name} on ${condition.name} ${selections}`);
    return `...${name}${this.#condition()} ...${name}`;
  }

  #condition(): string {
    if (!this.#chance(5)) return '';
    const directive = this.#one(['skip', 'include']);
    if (this.#chance(2)) return ` @${directive}(if: ${this.#one([true, false])})`;
    const name = this.#name('when');
    const hasDefault = this.#chance(3);
    this.#definitions.push(`$${name}: Boolean${hasDefault ? ' = true' : '!'}`);
    if (!hasDefault || this.#chance(2)) this.#variables[name] = hasDefault && this.#chance(4) ? null : this.#chance(2);
    return ` @${directive}(if: $${name})`;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number): string {
    const type = getNamedType(field.type);
    const values = field.args.flatMap((argument) => this.#argument(argument) ?? []);
    const written = values.length > 0 ? `(${values.join(', ')})` : '';
    // Arguments that differ need response names that differ.
    const alias = written !== '' || isCompositeType(type) || this.#chance(3) ? `${this.#name('f')}: ` : '';
    const selections = isCompositeType(type) ? ` ${this.#selections(type, depth + 1)}` : '';
    return `${alias}${field.name}${written}${this.#condition()}${selections}`;
  }

  #argument(argument: GraphQLArgument): string | undefined {
    const isRequired = isNonNullType(argument.type) && argument.defaultValue === undefined;
    if (!isRequired && !this.#chance(2)) return undefined;
    return `${argument.name}: ${this.#chance(3) ? this.#variable(argument.type) : literal(this.#value(argument.type, false))}`;
  }

  #variable(type: GraphQLInputType): string {
    const name = this.#name('v');
    this.#definitions.push(`$${name}: ${String(type)}`);
    // Absent, null, or a value.
    const kind = this.#choices.below(6);
    if (kind === 0) this.#variables[name] = null;
    else if (kind > 1) this.#variables[name] = this.#value(type, true);
    return `$${name}`;
  }

  /** A value of a type: a literal, which can have variables in it, or one that `mayMisfit`, with scalars that are refused. */
  #value(type: GraphQLInputType, mayMisfit: boolean, depth = 0): unknown {
    if (!mayMisfit && depth > 0 && this.#chance(5)) return new Word(this.#variable(type));
    if (isNonNullType(type)) return this.#present(type.ofType, mayMisfit, depth);
    return this.#chance(12) ? null : this.#present(type, mayMisfit, depth);
  }

  #present(type: GraphQLInputType, mayMisfit: boolean, depth: number): unknown {
    if (isNonNullType(type)) return this.#present(type.ofType, mayMisfit, depth);
    if (isListType(type))
      return Array.from({ length: this.#choices.below(3) }, () => this.#value(type.ofType, mayMisfit, depth + 1));
    if (isEnumType(type)) return new Word(this.#one(type.getValues()).name);
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      if (type.isOneOf) {
        const { name, type: only } = this.#one(fields);
        return { [name]: this.#present(only, mayMisfit, depth + 1) };
      }
      const chosen = fields.filter((field) => isNonNullType(field.type) || (depth < 2 && this.#chance(4)));
      return Object.fromEntries(chosen.map((field) => [field.name, this.#value(field.type, mayMisfit, depth + 1)]));
    }
    const values = this.#options.scalars?.[type.name] ?? builtIn[type.name] ?? ['text'];
    if (mayMisfit && this.#chance(8)) return misfit;
    return this.#one(values);
  }
}

/** No scalar accepts it. */
const misfit = { misfit: true };

/** The name of an enum value or a variable: a word in a document. */
class Word {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toJSON(): string {
    return this.text;
  }
}

const literal = (value: unknown): string => {
  if (value instanceof Word) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${name}: ${literal(inner)}`);
  return `{${fields.join(', ')}}`;
};
