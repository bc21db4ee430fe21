import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLError,
  type GraphQLFieldConfig,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLNullableType,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql';

/** How a value reaches its field. */
type Way = 'AT_ONCE' | 'PROMISE' | 'LATER' | 'THENABLE';

/** What a field of the odd schema resolves to. */
export interface Oddities {
  /** A number below `count` that depends on nothing but the text. */
  below(text: string, count: number): number;
}

const ways: readonly Way[] = ['AT_ONCE', 'AT_ONCE', 'AT_ONCE', 'PROMISE', 'LATER', 'THENABLE'];

const deliver = (way: Way, make: () => unknown): unknown => {
  if (way === 'AT_ONCE') return make();
  if (way === 'PROMISE') return Promise.resolve().then(make);
  if (way === 'LATER') return new Promise((resolve) => setImmediate(resolve)).then(make);
  return {
    // biome-ignore lint/suspicious/noThenProperty: an object that is no Promise but has its method
    then: (onValue: (value: unknown) => unknown, onError?: (error: unknown) => unknown) =>
      Promise.resolve().then(make).then(onValue, onError),
  };
};

/** Items that were made before must not get lost when one throws. */
const valueOrError = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return error;
  }
};

const Color = new GraphQLEnumType({ name: 'Color', values: { RED: { value: 1 }, GREEN: { value: 'g' }, BLUE: {} } });

const Anything = new GraphQLScalarType({ name: 'Anything', serialize: (value) => value });

const Filter: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'Filter',
  fields: () => ({
    text: { type: GraphQLString, defaultValue: 'default' },
    size: { type: new GraphQLNonNull(GraphQLInt) },
    color: { type: Color },
    all: { type: new GraphQLList(new GraphQLNonNull(Filter)) },
  }),
});

const Either = new GraphQLInputObjectType({
  name: 'Either',
  isOneOf: true,
  fields: { text: { type: GraphQLString }, size: { type: GraphQLInt } },
});

const args = {
  filter: { type: Filter },
  either: { type: Either },
  first: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 2 },
  color: { type: Color, defaultValue: 1 },
};

interface OddObject {
  readonly kind: string;
  readonly seed: string;
}

/**
 * A schema whose fields fail, are null, resolve late, or to what their type does not allow, as `oddities` has it: always
 * the same at the same position. For comparing executors.
 */
export const oddSchema = (oddities: Oddities): GraphQLSchema => {
  const { below } = oddities;
  const leaf = (name: string, seed: string): unknown => {
    const values: Record<string, readonly unknown[]> = {
      String: [
        'plain',
        'with "quotes" and \\',
        'line\nbreak \u2028 \u0007',
        'lone \ud83d surrogate',
        'é🎲',
        7,
        true,
        [],
        '',
      ],
      ID: ['id', 12, 'x'.repeat(60), 1.5],
      Int: [0, -0, 42, 2 ** 31, '7', 1.5, Number.NaN, true],
      Float: [0, -0, 1e21, 1e-7, 0.1, Number.POSITIVE_INFINITY, '2.5', 'x'],
      Boolean: [true, false, 1, 0, 'yes'],
      Color: [1, 'g', 'BLUE', 'BROWN', null],
      Anything: ['text', 1, [1, 'a', null], { a: { b: [true] } }, new Date(0), false],
    };
    const list = values[name] ?? [];
    return list[below(`${seed}/leaf`, list.length)];
  };
  const oddValue = (type: GraphQLOutputType, seed: string): unknown => {
    const fate = below(`${seed}/fate`, 24);
    if (fate === 0) return null;
    if (fate === 1) return undefined;
    if (fate === 2) throw new Error(`thrown at ${seed.length}`);
    if (fate === 3) return new Error(`returned at ${seed.length}`);
    if (fate === 4 && below(`${seed}/coded`, 2) === 0)
      throw new GraphQLError('coded', { extensions: { code: 'ODD', detail: { seed: seed.length } } });
    if (type instanceof GraphQLNonNull) return oddValue(type.ofType, `${seed}!`);
    if (type instanceof GraphQLList) {
      if (fate === 5) return 'no list';
      const length = below(`${seed}/length`, 4);
      // Not both ways in one list, and no non-null objects in lists: graphql-js leaves an item that is rejected later
      // unhandled when another one fails at once.
      const way = ways[below(`${seed}/items`, ways.length)] as Way;
      const items = Array.from({ length }, (_, index) =>
        deliver(way, () => valueOrError(() => oddValue(type.ofType, `${seed}/${index}`))),
      );
      return fate === 6 ? new Set(items) : items;
    }
    if (type instanceof GraphQLScalarType || type instanceof GraphQLEnumType) return leaf(type.name, seed);
    const kinds = type instanceof GraphQLObjectType ? [type.name] : ['Cat', 'Dog'];
    return { kind: kinds[below(`${seed}/kind`, kinds.length)] as string, seed } satisfies OddObject;
  };
  const field = (type: GraphQLOutputType) => ({
    type,
    args,
    resolve: (_source: unknown, values: object, _context: unknown, info: GraphQLResolveInfo) => {
      const { path, fieldName, parentType, returnType, fieldNodes, operation, fragments, variableValues } = info;
      const keys: (string | number)[] = [];
      for (let at: GraphQLResolveInfo['path'] | undefined = path; at; at = at.prev)
        keys.push(at.key, at.typename ?? '');
      const known = [fieldName, parentType.name, String(returnType), fieldNodes.length, operation.name?.value];
      const seed = JSON.stringify([keys, values, known, Object.keys(fragments), variableValues]);
      return deliver(ways[below(`${seed}/way`, ways.length)] as Way, () => oddValue(type, seed));
    },
  });
  return animals(field, below);
};

type OddField = (type: GraphQLOutputType) => GraphQLFieldConfig<unknown, unknown>;

const animals = (field: OddField, below: Oddities['below']): GraphQLSchema => {
  const later = <T>(seed: string, value: T): T | Promise<T> => (below(seed, 3) === 0 ? Promise.resolve(value) : value);
  const required = (type: GraphQLNullableType & GraphQLOutputType) => field(new GraphQLNonNull(type));
  const listOf = (type: GraphQLOutputType) => new GraphQLList(type);
  const leaves = () => ({
    id: required(GraphQLID),
    name: field(GraphQLString),
    age: field(GraphQLInt),
    weight: required(GraphQLFloat),
    isTame: field(GraphQLBoolean),
    color: field(Color),
    anything: field(Anything),
    words: field(listOf(new GraphQLNonNull(GraphQLString))),
    table: field(listOf(listOf(GraphQLInt))),
  });
  const relations = (): Record<string, GraphQLFieldConfig<unknown, unknown>> => ({
    friend: field(Animal),
    bestFriend: required(Animal),
    pets: field(listOf(Pet)),
    cats: field(new GraphQLNonNull(listOf(Cat))),
    dog: field(Dog),
    kennel: required(Kennel),
  });
  const Animal: GraphQLInterfaceType = new GraphQLInterfaceType({
    name: 'Animal',
    fields: () => ({ ...leaves(), ...relations() }),
    resolveType: (value: OddObject) => later(`${value.seed}/type`, value.kind),
  });
  const Cat: GraphQLObjectType = new GraphQLObjectType({
    name: 'Cat',
    interfaces: [Animal],
    fields: () => ({ ...leaves(), ...relations(), lives: field(GraphQLInt) }),
    isTypeOf: (value: OddObject) => later(`${value.seed}/is`, value.kind === 'Cat'),
  });
  const Dog: GraphQLObjectType = new GraphQLObjectType({
    name: 'Dog',
    interfaces: [Animal],
    fields: () => ({ ...leaves(), ...relations(), barks: required(GraphQLBoolean) }),
    isTypeOf: (value: OddObject) => value.kind === 'Dog',
  });
  // Without resolveType: `isTypeOf` of its types decides.
  const Pet = new GraphQLUnionType({ name: 'Pet', types: [Cat, Dog] });
  // Resolved by properties and methods of the object.
  const Kennel: GraphQLObjectType = new GraphQLObjectType({
    name: 'Kennel',
    fields: () => ({
      kind: { type: GraphQLString },
      seed: { type: new GraphQLNonNull(GraphQLID) },
      dogs: field(listOf(Dog)),
    }),
  });
  const Query = new GraphQLObjectType({ name: 'Query', fields: () => ({ ...leaves(), ...relations() }) });
  return new GraphQLSchema({ query: Query, types: [Cat, Dog] });
};
