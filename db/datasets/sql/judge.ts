import { DomainError } from '../../../src/errors.ts';
import type { SqlReferences } from './engine.ts';
import { isAllowedFunction, isAllowedTableFunction } from './functions.ts';

type Node = Readonly<Record<string, unknown>>;
/** Names of the common table expressions that are visible, in lower case. */
type Scope = ReadonlySet<string>;

const expressionClasses = new Set(
  `BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT FUNCTION LAMBDA LAMBDA_REF OPERATOR PARAMETER
   POSITIONAL_REFERENCE STAR SUBQUERY WINDOW TYPE`.split(/\s+/),
);

/** Deeper trees are refused before they exhaust the stack. */
const depthMax = 3000;

const refuse = (message: string): never => {
  throw new DomainError('BAD_REQUEST', message);
};

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const textOf = (node: Node, key: string): string => (typeof node[key] === 'string' ? (node[key] as string) : '');

/**
 * Judges the syntax tree of DuckDB's `json_serialize_sql`: everything that the tree may hold is listed here, and whatever is
 * not listed is refused. Throws BAD_REQUEST.
 */
export const judge = (statements: readonly unknown[]): SqlReferences => {
  if (statements.length !== 1) refuse('the text must hold exactly one SELECT statement');
  const judgement = new Judgement();
  const [statement] = statements;
  if (!isNode(statement) || !isNode(statement.node)) return refuse('only SELECT statements are allowed');
  judgement.query(statement.node, new Set(), 0);
  return judgement.result();
};

class Judgement {
  readonly #tables = new Map<string, string>();
  readonly #columns = new Set<string>();
  /** Names by which a query may refer to a whole row. */
  readonly #rowNames = new Set<string>();
  #usesAnyColumn = false;

  result(): SqlReferences {
    const isWide = this.#usesAnyColumn || [...this.#rowNames].some((name) => this.#columns.has(name));
    return { tables: [...this.#tables.values()], columns: isWide ? null : this.#columns };
  }

  query(node: Node, outer: Scope, depth: number): void {
    const type = textOf(node, 'type');
    if (!['SELECT_NODE', 'SET_OPERATION_NODE', 'RECURSIVE_CTE_NODE'].includes(type))
      refuse(`only SELECT is allowed in a query, not ${type}`);
    const scope = this.#commonTables(node, outer, depth);
    const inner = type === 'RECURSIVE_CTE_NODE' ? new Set(scope).add(textOf(node, 'cte_name').toLowerCase()) : scope;
    for (const [key, value] of Object.entries(node)) if (key !== 'cte_map') this.#visit(value, inner, depth + 1);
  }

  /** The scope of a query with its own common table expressions, each of which sees the earlier ones only. */
  #commonTables(node: Node, outer: Scope, depth: number): Scope {
    const map = isNode(node.cte_map) && Array.isArray(node.cte_map.map) ? node.cte_map.map : [];
    const scope = new Set(outer);
    for (const entry of map as readonly unknown[]) {
      if (!isNode(entry)) continue;
      const name = textOf(entry, 'key').toLowerCase();
      this.#visit(entry.value, new Set(scope), depth + 1);
      scope.add(name);
    }
    return scope;
  }

  #visit(value: unknown, scope: Scope, depth: number): void {
    if (depth > depthMax) refuse(`the query is nested more than ${depthMax} levels deep`);
    if (Array.isArray(value)) for (const item of value) this.#visit(item, scope, depth + 1);
    if (!isNode(value)) return;
    const type = textOf(value, 'type');
    if (typeof value.class === 'string') this.#expression(value, value.class, type);
    else if (type.endsWith('_NODE')) {
      this.query(value, scope, depth + 1);
      return;
    } else if ('alias' in value && 'sample' in value) this.#table(value, type, scope);
    for (const child of Object.values(value)) this.#visit(child, scope, depth + 1);
  }

  #expression(node: Node, kind: string, type: string): void {
    if (!expressionClasses.has(kind)) refuse(`${kind} is not allowed in a query`);
    if (kind === 'FUNCTION' || kind === 'WINDOW') this.#function(node, isAllowedFunction);
    if (kind === 'COLUMN_REF') {
      const names = Array.isArray(node.column_names) ? node.column_names : [];
      for (const name of names) this.#columns.add(String(name).toLowerCase());
    }
    if (kind === 'STAR' || kind === 'POSITIONAL_REFERENCE' || type === 'STAR') this.#usesAnyColumn = true;
  }

  #function(node: Node, isAllowed: (name: string) => boolean): void {
    const name = textOf(node, 'function_name');
    const schema = textOf(node, 'schema');
    const catalog = textOf(node, 'catalog');
    if ((schema !== '' && schema !== 'main') || (catalog !== '' && catalog !== 'system'))
      refuse(`functions are written without a schema: ${preview(name)}`);
    if (!isAllowed(name)) refuse(`the function ${preview(name)} does not exist or is not allowed`);
  }

  #table(node: Node, type: string, scope: Scope): void {
    this.#rowNames.add(textOf(node, 'alias').toLowerCase());
    switch (type) {
      case 'BASE_TABLE':
        this.#baseTable(node, scope);
        return;
      case 'TABLE_FUNCTION':
        if (isNode(node.function)) this.#tableFunction(node.function);
        return;
      case 'JOIN':
        if (node.ref_type === 'NATURAL') this.#usesAnyColumn = true;
        for (const name of Array.isArray(node.using_columns) ? node.using_columns : [])
          this.#columns.add(String(name).toLowerCase());
        return;
      case 'PIVOT':
        this.#usesAnyColumn = true;
        return;
      case 'SUBQUERY':
      case 'EXPRESSION_LIST':
      case 'EMPTY':
        return;
      case 'SHOW_REF':
        refuse('DESCRIBE, SHOW and SUMMARIZE are not allowed; the types of columns are part of every result');
        return;
      default:
        refuse(`${type} is not allowed in FROM`);
    }
  }

  #tableFunction(node: Node): void {
    // The walk visits the function again as an expression, whose list holds these names too.
    this.#function(node, isAllowedTableFunction);
  }

  #baseTable(node: Node, scope: Scope): void {
    const name = textOf(node, 'table_name');
    const qualifiers = [textOf(node, 'catalog_name'), textOf(node, 'schema_name')].filter(Boolean);
    if (qualifiers.length > 0)
      refuse(`tables are written without a schema: ${preview([...qualifiers, name].join('.'))}`);
    if (node.at_clause) refuse(`a version of a dataset is written as "${name}@2", not with AT`);
    const key = name.toLowerCase();
    this.#rowNames.add(key);
    if (scope.has(key)) return;
    if (!this.#tables.has(name)) this.#tables.set(name, name);
  }
}

const preview = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
