import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  TypeInfo,
  ValidationContext,
  visitInParallel,
  visitWithTypeInfo,
} from 'graphql';
import { Stages } from '../lib/yielding.ts';

/** Nodes between two looks at the clock. */
const nodesPerLook = 32;

/**
 * Validates a document as `validate` of graphql-js does, with the same errors in the same order, in slices: the rules of a
 * large one take longer than other requests should wait.
 */
export const validateInSlices = async (
  schema: GraphQLSchema,
  document: DocumentNode,
  errorsMax: number,
): Promise<readonly GraphQLError[]> => {
  const errors: GraphQLError[] = [];
  const typeInfo = new TypeInfo(schema);
  const context = new ValidationContext(schema, document, typeInfo, (error) => {
    if (errors.length <= errorsMax) errors.push(errors.length < errorsMax ? error : tooManyErrors());
  });
  const visitor = visitWithTypeInfo(typeInfo, visitInParallel(specifiedRules.map((rule) => rule(context))));
  const visit = new StepwiseVisit(document, visitor as NodeVisitor);
  const stages = new Stages();
  try {
    for (let nodes = 1; errors.length <= errorsMax && visit.step(); nodes++)
      if (nodes % nodesPerLook === 0) await stages.next();
  } catch (error) {
    // The rule that compares fields throws the error of a document with too many of them.
    if (!(error instanceof GraphQLError)) throw error;
    errors.push(error);
  }
  return errors;
};

/** As graphql-js has it. */
const tooManyErrors = (): GraphQLError =>
  new GraphQLError('Too many validation errors, error limit reached. Validation aborted.');

type Visited = ASTNode | readonly ASTNode[];
/** Called with what `visit` of graphql-js passes. */
type Visit = (
  ...visited: readonly [
    node: ASTNode,
    key: string | number | undefined,
    parent: Visited | undefined,
    path: readonly (string | number)[],
    ancestors: readonly Visited[],
  ]
) => unknown;

interface NodeVisitor {
  readonly enter: Visit;
  readonly leave: Visit;
}

interface Level {
  readonly node: Visited;
  readonly keys: readonly (string | number)[];
  next: number;
}

const isList = (node: Visited): node is readonly ASTNode[] => Array.isArray(node);

const unvisited = ['loc', 'description'];

/** The properties of a node that hold nodes, in the order of the text: the parser sets them so. */
const keysOf = (node: ASTNode): string[] =>
  Object.entries(node).flatMap(([key, value]) => (typeof value === 'object' && !unvisited.includes(key) ? [key] : []));

/** Visits the nodes of a document one after the other, as `visit` of graphql-js does for a visitor that changes nothing. */
class StepwiseVisit {
  readonly #visitor: NodeVisitor;
  readonly #levels: Level[] = [];
  readonly #ancestors: Visited[] = [];
  readonly #path: (string | number)[] = [];
  #parent: Visited | undefined;

  constructor(document: DocumentNode, visitor: NodeVisitor) {
    this.#visitor = visitor;
    this.#enter(document, undefined);
  }

  /** Enters the next node or leaves one; false at the end. */
  step(): boolean {
    const level = this.#levels.at(-1);
    if (!level) return false;
    const key = level.keys[level.next++];
    if (key === undefined) {
      this.#leave(level.node);
      return true;
    }
    const child = (level.node as unknown as Readonly<Record<string | number, Visited | null | undefined>>)[key];
    if (child === null || child === undefined) return true;
    this.#path.push(key);
    this.#enter(child, key);
    return true;
  }

  #enter(node: Visited, key: string | number | undefined): void {
    if (!isList(node)) this.#visitor.enter(node, key, this.#parent, this.#path, this.#ancestors);
    const keys = isList(node) ? [...node.keys()] : keysOf(node);
    this.#levels.push({ node, keys, next: 0 });
    if (this.#parent) this.#ancestors.push(this.#parent);
    this.#parent = node;
  }

  #leave(node: Visited): void {
    this.#levels.pop();
    this.#parent = this.#ancestors.pop();
    if (!isList(node)) this.#visitor.leave(node, this.#path.at(-1), this.#parent, this.#path, this.#ancestors);
    this.#path.pop();
  }
}
